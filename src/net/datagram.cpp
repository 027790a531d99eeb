#include "net/datagram.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/udp.hpp>
#include <cerrno>

#include "net/detail/failure.hpp"
#include "net/readiness.hpp"

namespace vitals::net {

namespace {

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Datagrams::Datagrams(Context& context, const Endpoint& endpoint)
    : context_(context), address_(endpoint.text()) {
    boost::system::error_code error;
    const auto host = boost::asio::ip::make_address(endpoint.host, error);
    if (error) throw CheckError(ErrorClass::local, "not an address", address_);
    const boost::asio::ip::udp::endpoint target(host, endpoint.port);
    descriptor_ = ::socket(target.data()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) throw connect_failure(errno, address_);
    if (::connect(descriptor_, target.data(), static_cast<socklen_t>(target.size())) != 0) {
        const int refusal = errno;
        ::close(descriptor_);
        throw connect_failure(refusal, address_);
    }
}

Datagrams::~Datagrams() {
    ::close(descriptor_);
}

void Datagrams::send(std::string_view bytes) {
    if (::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) return;
    // A queue that is full drops datagrams; so may every router on the way.
    if (!would_block(errno) && errno != ENOBUFS) throw connect_failure(errno, address_);
}

awaitable<std::optional<std::string>> Datagrams::receive(Steady until, std::size_t limit) {
    std::string bytes(limit, '\0');
    for (;;) {
        const auto count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
        if (count >= 0) {
            bytes.resize(static_cast<std::size_t>(count));
            co_return bytes;
        }
        if (!would_block(errno)) throw connect_failure(errno, address_);
        const bool ready = co_await wait_readable(context_, descriptor_, until);
        if (!ready) co_return std::nullopt;
    }
}

}  // namespace vitals::net
