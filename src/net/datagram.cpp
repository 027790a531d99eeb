#include "net/datagram.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/udp.hpp>
#include <cerrno>

#include "net/detail/failure.hpp"
#include "net/environment.hpp"
#include "net/file.hpp"
#include "net/readiness.hpp"
#include "text/quote.hpp"

namespace vitals::net {

namespace {

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int protocol_number(Datagrams::Protocol protocol, bool six) {
    if (protocol == Datagrams::Protocol::udp) return 0;
    return six ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP);
}

// What came too late, or says that it cannot arrive, is told by the kernel only to who asks.
void ask_for_errors(int descriptor, bool six) {
    const int on = 1;
    if (six)
        ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    else
        ::setsockopt(descriptor, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
}

// An address without its port.
std::string bytes_of(const sockaddr& address) {
    if (address.sa_family == AF_INET6) {
        const in6_addr& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
        return {reinterpret_cast<const char*>(&six), sizeof six};
    }
    const in_addr& four = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    return {reinterpret_cast<const char*>(&four), sizeof four};
}

CheckError not_permitted(const std::string& address) {
    const std::string range =
        read_file("/proc/sys/net/ipv4/ping_group_range", 64).value_or("unknown");
    return {ErrorClass::local, "not permitted to send echo requests",
            address + ": net.ipv4.ping_group_range must hold a group of vitals, and is " +
                text::quoted(range)};
}

}  // namespace

Datagrams::Datagrams(Context& context, const Endpoint& endpoint, Protocol protocol)
    : context_(context), address_(endpoint.text()), protocol_(protocol) {
    const Endpoint to =
        protocol == Protocol::udp ? context.environment().way_to(endpoint, true) : endpoint;
    boost::system::error_code error;
    const auto host = boost::asio::ip::make_address(to.host, error);
    if (error) throw CheckError(ErrorClass::local, "not an address", address_);
    const boost::asio::ip::udp::endpoint target(host, to.port);
    descriptor_ = ::socket(target.data()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           protocol_number(protocol, host.is_v6()));
    peer_ = bytes_of(*target.data());
    const bool echo = protocol == Protocol::echo;
    if (descriptor_ < 0 && echo && (errno == EACCES || errno == EPERM))
        throw not_permitted(address_);
    if (descriptor_ < 0) throw connect_failure(errno, address_);
    if (echo) ask_for_errors(descriptor_, host.is_v6());
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
    if (!would_block(errno) && errno != ENOBUFS) throw failure(errno);
}

awaitable<std::optional<std::string>> Datagrams::receive(Steady until, std::size_t limit) {
    std::string bytes(limit, '\0');
    for (;;) {
        const auto count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
        if (count >= 0) {
            bytes.resize(static_cast<std::size_t>(count));
            co_return bytes;
        }
        if (!would_block(errno)) throw failure(errno);
        const bool ready = co_await wait_readable(context_, descriptor_, until);
        if (!ready) co_return std::nullopt;
    }
}

// Each error also stands in a queue, which would make the socket look ready for ever.
CheckError Datagrams::failure(int error) {
    char byte = 0;
    char control[512];
    iovec piece{&byte, 1};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    do {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
    } while (protocol_ == Protocol::echo &&
             ::recvmsg(descriptor_, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0);
    return connect_failure(error, address_);
}

bool Datagrams::to_itself() const {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size) != 0) return false;
    return bytes_of(reinterpret_cast<const sockaddr&>(own)) == peer_;
}

}  // namespace vitals::net
