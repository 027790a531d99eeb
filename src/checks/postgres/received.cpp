#include "received.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace vitals::checks::postgres {

std::optional<std::uint64_t> received_by(int descriptor) {
    tcp_info facts{};
    socklen_t size = sizeof facts;
    if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &facts, &size) != 0) return std::nullopt;
    return facts.tcpi_bytes_received;
}

}  // namespace vitals::checks::postgres
