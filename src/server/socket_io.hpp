// Bytes from and to a non-blocking socket, with TLS or without.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <string_view>

#include "server/tls.hpp"

namespace vitals::server {

// Bytes moved; 0: the peer closed normally; -1: not now; -2: the end.
inline ssize_t read_from(int descriptor, TlsSession* tls, std::span<char> buffer) {
    if (tls != nullptr) return tls->read(buffer);
    for (;;) {
        const ssize_t count = ::recv(descriptor, buffer.data(), buffer.size(), 0);
        if (count >= 0) return count;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : -2;
    }
}

inline ssize_t write_to(int descriptor, TlsSession* tls, std::string_view bytes) {
    if (tls != nullptr) return tls->write(std::span(bytes.data(), bytes.size()));
    for (;;) {
        const ssize_t count = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) return count;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : -2;
    }
}

}  // namespace vitals::server
