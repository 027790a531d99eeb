#include "text/bare_host.hpp"

#include <algorithm>
#include <charconv>

namespace vitals::text {

namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool in_name(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
}

// Up to the port or the path. Empty: it does not look like a host.
std::string_view host_of(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
    }
    const auto host = text.substr(0, text.find_first_of(":/"));
    const bool name = !host.empty() && std::all_of(host.begin(), host.end(), in_name) &&
                      host.front() != '.' && host.front() != '-';
    return name ? host : std::string_view();
}

bool is_local(std::string_view host) {
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace

std::optional<BareHost> bare_host(std::string_view text) {
    if (text.find_first_of("@?# \\*") != std::string_view::npos) return std::nullopt;
    BareHost made{.host = host_of(text), .port = {}, .is_local = false};
    if (made.host.empty()) return std::nullopt;
    made.is_local = is_local(made.host);
    std::string_view rest = text.substr(made.host.size());
    if (rest.starts_with(':')) {
        rest.remove_prefix(1);
        std::uint16_t port = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
        if (error != std::errc{} || port == 0) return std::nullopt;
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        made.port = port;
    }
    if (!rest.empty() && rest.front() != '/') return std::nullopt;
    const auto dot = made.host.find('.');
    const bool dotted = dot != std::string_view::npos && dot + 1 < made.host.size();
    if (!made.port && !dotted && !made.is_local) return std::nullopt;
    return made;
}

}  // namespace vitals::text
