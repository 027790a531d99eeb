#include "text/masked.hpp"

#include <algorithm>
#include <array>

namespace vitals::text {

namespace {

constexpr std::string_view stars = "***";
constexpr std::string_view behind_scheme = "://";
constexpr std::size_t longest_port = 5;

// Parts of the names of parameters whose values are secret.
constexpr std::array<std::string_view, 9> secret_parts = {
    "pass", "pwd", "secret", "token", "signature", "credential", "apikey", "api_key", "access_key"};
constexpr std::array<std::string_view, 3> secret_names = {"key", "sig", "auth"};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool in_scheme(char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

// Whether the colon ends the scheme of a further URL of a list.
bool ends_scheme(std::string_view url, std::size_t colon) {
    if (!url.substr(colon).starts_with(behind_scheme)) return false;
    std::size_t begin = colon;
    while (begin > 0 && in_scheme(url[begin - 1])) --begin;
    return begin > 0 && begin < colon && (url[begin - 1] == ';' || url[begin - 1] == ',');
}

// Whether a port, and not a password, follows the colon: only if a host stands before it.
bool before_port(std::string_view url, std::size_t colon) {
    if (colon == 0 || std::string_view("/@,;").find(url[colon - 1]) != std::string_view::npos)
        return false;
    std::size_t end = colon + 1;
    while (end < url.size() && is_digit(url[end])) ++end;
    const bool ends = end == url.size() || std::string_view("/?#").find(url[end]) != url.npos;
    return ends && end > colon + 1 && end - colon - 1 <= longest_port;
}

// After an address in brackets, which contains colons.
std::size_t behind_address(std::string_view url, std::size_t begin) {
    if (begin >= url.size() || url[begin] != '[') return begin;
    const std::size_t end = url.find_first_not_of("0123456789abcdefABCDEF:.", begin + 1);
    return end != std::string_view::npos && url[end] == ']' ? end + 1 : begin;
}

std::string without_passwords(std::string_view url) {
    const std::size_t scheme = url.find(behind_scheme);
    const std::size_t at = url.rfind('@');
    if (scheme == std::string_view::npos || at == std::string_view::npos) return std::string(url);
    const std::size_t begin = behind_address(url, scheme + behind_scheme.size());
    for (std::size_t colon = url.find(':', begin); colon < at; colon = url.find(':', colon + 1)) {
        if (ends_scheme(url, colon) || before_port(url, colon)) continue;
        return std::string(url.substr(0, colon + 1)).append(stars).append(url.substr(at));
    }
    return std::string(url);
}

bool is_secret(std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const auto within = [&lower](std::string_view part) { return lower.contains(part); };
    return std::ranges::any_of(secret_parts, within) ||
           std::ranges::find(secret_names, lower) != secret_names.end();
}

std::string without_secret_parameters(std::string url) {
    for (std::size_t at = url.find('?'); at != std::string::npos; at = url.find('&', at + 1)) {
        const std::size_t equals = url.find_first_of("=&#", at + 1);
        if (equals == std::string::npos || url[equals] != '=') continue;
        if (!is_secret(std::string_view(url).substr(at + 1, equals - at - 1))) continue;
        const std::size_t end = std::min(url.find_first_of("&#", equals), url.size());
        url.replace(equals + 1, end - equals - 1, stars);
    }
    return url;
}

// Where the word with a URL ends: a quotation mark also ends it, unless it is escaped.
std::size_t word_end(std::string_view text, std::size_t at) {
    for (; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte <= 0x20 || byte == 0x7f) return at;
        if (byte == '"' && text[at - 1] != '\\') return at;
    }
    return at;
}

}  // namespace

std::string masked_url(std::string_view url) {
    return without_secret_parameters(without_passwords(url));
}

std::string masked(std::string_view text) {
    std::string shown;
    for (;;) {
        const std::size_t scheme = text.find(behind_scheme);
        if (scheme == std::string_view::npos) break;
        std::size_t begin = scheme;
        while (begin > 0 && in_scheme(text[begin - 1])) --begin;
        const std::size_t end = word_end(text, scheme);
        shown += text.substr(0, begin);
        shown += masked_url(text.substr(begin, end - begin));
        text.remove_prefix(end);
    }
    return shown.append(text);
}

}  // namespace vitals::text
