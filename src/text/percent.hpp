// Percent-encoding (RFC 3986, section 2.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitals::text {

// 0 to 15, or -1 for any other character.
constexpr int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The byte of the `%XX` that stands at `at`, or nothing.
constexpr std::optional<char> percent_byte(std::string_view text, std::size_t at) noexcept {
    if (at + 2 >= text.size() || text[at] != '%') return std::nullopt;
    const int high = hex_value(text[at + 1]), low = hex_value(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

// Encodes every byte that is neither an unreserved character nor one of `kept`.
std::string percent_encoded(std::string_view text, std::string_view kept = {});

// With each %XX replaced; nothing if a % is followed by anything else.
std::optional<std::string> percent_decoded(std::string_view text);

// The same, but anything that is not %XX stays as it is.
std::string percent_decoded_where_valid(std::string_view text);

}  // namespace vitals::text
