#include "net/datagram.hpp"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
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

// The kernel reports an ICMP error only to a program that asks for it.
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
                text::quoted(range) + "; or vitals needs CAP_NET_RAW"};
}

// Accepts only echo replies among all packets that arrive at this machine.
void ask_for_replies(int descriptor, bool six) {
    if (six) {
        icmp6_filter filter{};
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
        ::setsockopt(descriptor, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    } else {
        const icmp_filter filter{~(1u << ICMP_ECHOREPLY)};
        ::setsockopt(descriptor, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
    }
}

constexpr std::size_t id_at = 4, checksum_at = 2, header_bytes = 8;

void put(std::string& bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<char>(value >> 8);
    bytes[at + 1] = static_cast<char>(value & 0xff);
}

std::uint16_t get(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
}

// RFC 1071. The checksum field of the bytes is zero.
std::uint16_t checksum_of(std::string_view bytes) {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        const bool last = at + 1 == bytes.size();
        sum += last ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) << 8
                    : get(bytes, at);
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
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
    six_ = host.is_v6();
    const bool echo = protocol == Protocol::echo;
    if (descriptor_ < 0 && echo && (errno == EACCES || errno == EPERM)) {
        descriptor_ = ::socket(target.data()->sa_family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                               protocol_number(protocol, six_));
        if (descriptor_ < 0 && (errno == EACCES || errno == EPERM)) throw not_permitted(address_);
        raw_ = descriptor_ >= 0;
    }
    if (descriptor_ < 0) throw connect_failure(errno, address_);
    if (raw_) {
        ask_for_replies(descriptor_, six_);
        (void)!::getrandom(&id_, sizeof id_, 0);
    }
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
    const std::string made = raw_ ? with_id(bytes) : std::string(bytes);
    if (::send(descriptor_, made.data(), made.size(), MSG_NOSIGNAL) >= 0) return;
    // A full queue drops datagrams, as any router on the way may.
    if (!would_block(errno) && errno != ENOBUFS) throw failure(errno);
}

awaitable<std::optional<std::string>> Datagrams::receive(Steady until, std::size_t limit) {
    constexpr std::size_t longest_ip_header = 60;
    for (;;) {
        std::string bytes(raw_ && !six_ ? limit + longest_ip_header : limit, '\0');
        const auto count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
        if (count >= 0) {
            bytes.resize(static_cast<std::size_t>(count));
            if (raw_ && !is_ours(bytes)) continue;
            co_return bytes;
        }
        if (!would_block(errno)) throw failure(errno);
        const bool ready = co_await wait_readable(context_, descriptor_, until);
        if (!ready) co_return std::nullopt;
    }
}

std::string Datagrams::with_id(std::string_view bytes) const {
    std::string made(bytes);
    if (made.size() < header_bytes) return made;
    put(made, id_at, id_);
    // The kernel computes the checksum of ICMPv6, because it knows the addresses.
    if (!six_) {
        put(made, checksum_at, 0);
        put(made, checksum_at, checksum_of(made));
    }
    return made;
}

// Removes the IP header, which such an IPv4 socket also delivers.
bool Datagrams::is_ours(std::string& bytes) const {
    if (!six_) {
        const std::size_t header =
            bytes.empty() ? 0 : (static_cast<unsigned char>(bytes.front()) & 15u) * 4u;
        if (header == 0 || bytes.size() < header) return false;
        bytes.erase(0, header);
    }
    return bytes.size() >= header_bytes && get(bytes, id_at) == id_;
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
