// Addresses of listeners.
#include "config/address.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "text/words.hpp"

namespace vitals::config {

namespace {

constexpr std::size_t longest_unix_path = sizeof(sockaddr_un::sun_path) - 1;

bool is_ipv4(const std::string& host) {
    in_addr address{};
    return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_host_name(std::string_view host) {
    return !host.empty() && host.size() <= 253 &&
           host.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
               "0123456789.-_") == std::string_view::npos;
}

std::string parse_port(std::string_view text, std::uint16_t& port) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool digits = !text.empty() && end == text.data() + text.size();
    if (!digits || error == std::errc::invalid_argument)
        return fmt::format("{} is not a port, expected a number from 0 to 65535",
                           text::in_quotes(text));
    if (error != std::errc{} || number > 65535)
        return fmt::format("port {} is too large, expected at most 65535", text);
    port = static_cast<std::uint16_t>(number);
    return {};
}

std::string parse_unix(std::string_view path, Listener& listener) {
    if (path.empty()) return "'unix:' needs a path, such as unix:/run/vitals/control.sock";
    if (path.size() > longest_unix_path)
        return fmt::format("the path of a unix socket has at most {} bytes, this one has {}",
                           longest_unix_path, path.size());
    listener.unix_path = path;
    return {};
}

}  // namespace

std::string parse_address(std::string_view text, Listener& listener) {
    listener.text = text;
    if (text.starts_with("unix:")) return parse_unix(text.substr(5), listener);
    const auto expected = [text] {
        return fmt::format(
            "{} is not an address, expected host:port such as 127.0.0.1:8080 or "
            "[::1]:8080, or unix:PATH",
            text::in_quotes(text));
    };
    std::string_view host;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find("]:");
        if (end == std::string_view::npos) return expected();
        host = text.substr(1, end - 1);
        port = text.substr(end + 2);
        if (!is_ipv6(std::string(host)))
            return fmt::format("{} is not an IPv6 address", text::in_quotes(host));
    } else {
        const auto colon = text.rfind(':');
        if (colon == std::string_view::npos) return expected();
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (host.empty() || host == "*")
            return fmt::format("{} has no host; write 0.0.0.0:{} or [::]:{} for all interfaces",
                               text::in_quotes(text), port, port);
        if (host.find(':') != std::string_view::npos)
            return is_ipv6(std::string(host)) || is_ipv6(std::string(text))
                       ? fmt::format("an IPv6 address stands in brackets, such as [::1]:8080")
                       : expected();
        const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
        if (!is_host_name(host) || (numeric && !is_ipv4(std::string(host)))) return expected();
    }
    listener.host = host;
    return parse_port(port, listener.port);
}

bool same_address(const Listener& a, const Listener& b) {
    if (!a.unix_path.empty() || !b.unix_path.empty()) return a.unix_path == b.unix_path;
    if (a.port != b.port || a.port == 0) return false;  // port 0 is another one each time
    if (a.host == b.host) return true;
    const auto all = [](const Listener& one) { return one.host == "0.0.0.0"; };
    return (all(a) && is_ipv4(b.host)) || (all(b) && is_ipv4(a.host));
}

bool is_local(const Listener& listener) {
    return !listener.unix_path.empty() || listener.host == "localhost" || listener.host == "::1" ||
           (listener.host.starts_with("127.") && is_ipv4(listener.host));
}

}  // namespace vitals::config
