// Which name servers to ask. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "net/connection.hpp"

namespace vitals::checks::dns {

inline constexpr std::uint16_t usual_port = 53;

// Whether the text is an IPv4 or IPv6 address.
bool is_address(const std::string& text);

// `host`, `host:port`, `[address]:port` or an address; or what is wrong.
std::expected<net::Endpoint, std::string> parse_server(std::string_view text);

// The `nameserver` lines of /etc/resolv.conf: resolv.conf(5). At most three, as the C library.
std::vector<net::Endpoint> name_servers(std::string_view resolv_conf);

}  // namespace vitals::checks::dns
