#include "net/detail/socket_bio.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace vitals::net {

namespace {

int descriptor_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool try_again() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int write_ex(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = send(descriptor_of(bio), bytes, size, MSG_NOSIGNAL);
    if (sent < 0) {
        if (try_again()) BIO_set_retry_write(bio);
        return 0;
    }
    *written = static_cast<std::size_t>(sent);
    return 1;
}

int read_ex(BIO* bio, char* bytes, std::size_t size, std::size_t* got) {
    BIO_clear_retry_flags(bio);
    const ssize_t received = recv(descriptor_of(bio), bytes, size, 0);
    if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    if (received < 0 && try_again()) BIO_set_retry_read(bio);
    if (received <= 0) return 0;
    *got = static_cast<std::size_t>(received);
    return 1;
}

long control(BIO* bio, int command, long, void*) {
    switch (command) {
        case BIO_CTRL_FLUSH:
        case BIO_CTRL_DUP:
            return 1;
        case BIO_CTRL_EOF:
            return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
        default:
            return 0;
    }
}

const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
        BIO_METHOD* fresh =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
        if (fresh == nullptr) return fresh;
        BIO_meth_set_write_ex(fresh, write_ex);
        BIO_meth_set_read_ex(fresh, read_ex);
        BIO_meth_set_ctrl(fresh, control);
        return fresh;
    }();
    return made;
}

}  // namespace

BIO* socket_bio(int descriptor) {
    BIO* bio = method() != nullptr ? BIO_new(method()) : nullptr;
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace vitals::net
