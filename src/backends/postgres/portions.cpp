#include "portions.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "model/check_error.hpp"

namespace vitals::backends::postgres {

namespace {

// A pair of sockets takes this much at once (net.core.wmem_default is 208 KiB).
constexpr std::size_t portion = 32768;

std::uint64_t inode_of(int descriptor) {
    struct stat facts{};
    return ::fstat(descriptor, &facts) == 0 ? facts.st_ino : 0;
}

}  // namespace

bool Portions::is_before(int descriptor) const {
    return stands() && descriptor >= 0 && inode_of(descriptor) == theirs_;
}

void Portions::drop() {
    if (socket_ >= 0) ::close(socket_);
    if (ours_ >= 0) ::close(ours_);
    socket_ = ours_ = -1;
    ended_ = false;
    unsent_.clear();
}

void Portions::stand_before(pg_conn* connection) {
    const int descriptor = PQsocket(connection);
    if (descriptor < 0 || is_before(descriptor)) return;
    drop();
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0)
        throw CheckError(ErrorClass::local, "no descriptors left");
    const int socket = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    const bool taken = socket >= 0 && ::dup3(pair[1], descriptor, O_CLOEXEC) >= 0;
    theirs_ = inode_of(pair[1]);
    ::close(pair[1]);
    ours_ = pair[0];
    socket_ = socket;
    if (taken) return;
    drop();
    throw CheckError(ErrorClass::local, "no descriptors left");
}

void Portions::step_aside(pg_conn* connection) {
    const int descriptor = PQsocket(connection);
    if (is_before(descriptor)) (void)::dup3(socket_, descriptor, O_CLOEXEC);
    drop();
}

bool Portions::something_left(pg_conn* connection) const {
    int waiting = 0;
    if (ended_ || (::ioctl(PQsocket(connection), FIONREAD, &waiting) == 0 && waiting > 0))
        return true;
    auto* tls = static_cast<SSL*>(PQsslStruct(connection, "OpenSSL"));
    return tls != nullptr && SSL_pending(tls) > 0;
}

void Portions::hand_in() {
    std::array<char, portion> bytes;
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) {
        received_ += static_cast<std::uint64_t>(count);
        const auto size = static_cast<std::size_t>(count);
        if (::send(ours_, bytes.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT) == count) return;
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return;
    }
    // Whatever ended it: libpq reports a reset and a normal end with the same words.
    ended_ = true;
    ::shutdown(ours_, SHUT_WR);
}

bool Portions::hand_out() {
    for (;;) {
        while (!unsent_.empty()) {
            const ssize_t count =
                ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
            // For a closed peer: its last words can still be read.
            unsent_.erase(0, count < 0 ? unsent_.size() : static_cast<std::size_t>(count));
        }
        std::array<char, portion> bytes;
        const ssize_t count = ::recv(ours_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count <= 0) return true;
        unsent_.assign(bytes.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace vitals::backends::postgres
