// The PROXY protocol: what a proxy writes in front of a connection that it passes on, so that the
// other end knows where it comes from. Version 1 is a line, version 2 is binary. Without I/O;
// fuzzed. Source: https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire {

struct ProxyHeader {
    std::size_t size = 0;  // bytes; what follows is the connection's own
    // Of whoever connected to the proxy: `192.0.2.7`, `2001:db8::1`, `unix`. Nothing: the proxy
    // speaks for itself (a check of its own), or does not know.
    std::optional<std::string> source;
};

// Version 2 may carry more; no proxy is known to send so much.
inline constexpr std::size_t longest_proxy_header = 4096;

// The header at the front of these bytes. Nothing: there is more to come of it. An error: in words
// what is wrong.
std::expected<std::optional<ProxyHeader>, std::string> parse_proxy_header(std::string_view bytes);

}  // namespace vitals::wire
