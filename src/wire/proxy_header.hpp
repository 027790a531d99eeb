// The PROXY protocol: the bytes that a proxy writes in front of a forwarded connection, so that the
// other end knows its client. Version 1 is a line, version 2 is binary. Without I/O; fuzzed.
// Source: https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire {

struct ProxyHeader {
    std::size_t size = 0;  // bytes; what follows is the connection's own
    // The client of the proxy: `192.0.2.7`, `2001:db8::1`, `unix`. Nothing: the connection is the
    // proxy's own (a check), or the client is not known.
    std::optional<std::string> source;
};

// Version 2 may be longer; no known proxy sends that much.
inline constexpr std::size_t longest_proxy_header = 4096;

// The header at the front of these bytes. Nothing: it is incomplete. An error: what is wrong, in
// words.
std::expected<std::optional<ProxyHeader>, std::string> parse_proxy_header(std::string_view bytes);

}  // namespace vitals::wire
