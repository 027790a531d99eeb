#include "name_servers.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace vitals::checks::dns {

namespace {

constexpr std::size_t most_servers = 3;
constexpr std::string_view blanks = " \t";

bool is_of(int family, const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    // A scope (fe80::1%eth0) belongs to the socket, not to the address.
    return ::inet_pton(family, text.substr(0, text.find('%')).c_str(), bytes.data()) == 1;
}

bool is_host(std::string_view text) {
    constexpr std::string_view forbidden = " \t\r\n/?#@:[]";
    return !text.empty() && text.find_first_of(forbidden) == std::string_view::npos;
}

}  // namespace

bool is_address(const std::string& text) {
    return is_of(AF_INET, text) || is_of(AF_INET6, text);
}

std::expected<net::Endpoint, std::string> parse_server(std::string_view text) {
    constexpr auto expected_form = "is no name server; expected one such as 192.0.2.1 or host:5353";
    net::Endpoint endpoint;
    endpoint.port = usual_port;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::unexpected(expected_form);
        endpoint.host = text.substr(1, end - 1);
        if (!is_of(AF_INET6, endpoint.host)) return std::unexpected(expected_form);
        port = text.substr(end + 1);
    } else if (is_of(AF_INET6, std::string(text))) {
        endpoint.host = text;
    } else {
        const std::size_t colon = text.find(':');
        endpoint.host = text.substr(0, colon);
        if (!is_host(endpoint.host)) return std::unexpected(expected_form);
        if (colon != std::string_view::npos) port = text.substr(colon);
    }
    if (port.empty()) return endpoint;
    const char* const end = port.data() + port.size();
    const auto [stopped, error] = std::from_chars(port.data() + 1, end, endpoint.port);
    if (port[0] != ':' || error != std::errc{} || stopped != end || endpoint.port == 0) {
        return std::unexpected("has a port that is not between 1 and 65535");
    }
    return endpoint;
}

std::vector<net::Endpoint> name_servers(std::string_view resolv_conf) {
    std::vector<net::Endpoint> servers;
    while (!resolv_conf.empty() && servers.size() < most_servers) {
        const std::size_t end = resolv_conf.find('\n');
        std::string_view line = resolv_conf.substr(0, end);
        resolv_conf.remove_prefix(end == std::string_view::npos ? resolv_conf.size() : end + 1);
        constexpr std::string_view keyword = "nameserver";
        if (!line.starts_with(keyword)) continue;
        line.remove_prefix(keyword.size());
        const std::size_t begin = line.find_first_not_of(blanks);
        if (begin == 0 || begin == std::string_view::npos) continue;
        const std::string address(line.substr(begin, line.find_first_of(" \t\r#;", begin) - begin));
        if (!is_address(address)) continue;
        net::Endpoint server;
        server.host = address;
        server.port = usual_port;
        servers.push_back(server);
    }
    return servers;
}

}  // namespace vitals::checks::dns
