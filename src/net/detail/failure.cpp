#include "net/detail/failure.hpp"

#include <cerrno>
#include <system_error>

namespace vitals::net {

std::string system_text(int error) {
    return std::system_category().message(error);
}

CheckError run_cancelled() {
    return CheckError(ErrorClass::timeout, "cancelled");
}

CheckError connect_failure(int error, const std::string& where) {
    const auto make = [&](ErrorClass error_class, const char* detail) {
        return CheckError(error_class, detail, where + ": " + system_text(error));
    };
    switch (error) {
        case ECONNREFUSED:
            return make(ErrorClass::connect, "connection refused");
        case ECONNRESET:
            return make(ErrorClass::connect, "connection reset");
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EHOSTDOWN:
            return make(ErrorClass::connect, "no route");
        case ETIMEDOUT:
            return make(ErrorClass::connect, "no answer");
        case ENOENT:
        case ENOTDIR:
            return make(ErrorClass::connect, "socket does not exist");
        case EPROTOTYPE:
            return make(ErrorClass::connect, "not a stream socket");
        case EMFILE:
        case ENFILE:
            return make(ErrorClass::local, "no descriptors left");
        case ENOBUFS:
        case ENOMEM:
            return make(ErrorClass::local, "no memory for sockets left");
        case EADDRNOTAVAIL:
            return make(ErrorClass::local, "no local address or port left");
        case EAFNOSUPPORT:
            return make(ErrorClass::local, "address family not available here");
        case EACCES:
        case EPERM:
            return make(ErrorClass::local, "not permitted to connect");
        default:
            return make(ErrorClass::connect, "connection failed");
    }
}

CheckError stream_failure(int error, const std::string& where) {
    const auto make = [&](ErrorClass error_class, const char* detail) {
        return CheckError(error_class, detail, where + ": " + system_text(error));
    };
    switch (error) {
        case ECONNRESET:
        case EPIPE:
            return make(ErrorClass::protocol, "connection reset");
        case ETIMEDOUT:
            return make(ErrorClass::timeout, "connection timed out");
        case ENOBUFS:
        case ENOMEM:
            return make(ErrorClass::local, "no memory for sockets left");
        default:
            return make(ErrorClass::protocol, "connection broken");
    }
}

}  // namespace vitals::net
