#include "wire/proxy_header.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace vitals::wire {
namespace {

using Parsed = std::expected<std::optional<ProxyHeader>, std::string>;

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view line_begin = "PROXY ";
constexpr std::size_t longest_line = 107;  // with its end, as the specification counts
constexpr std::size_t fixed_size = 16;     // of version 2

std::unexpected<std::string> wrong(const char* what) {
    return std::unexpected(std::string(what));
}

std::string_view take_word(std::string_view& text) {
    const auto space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    return word;
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// In its usual form; nothing if it is not an address of that family.
std::optional<std::string> address_of(int family, const void* bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(family, bytes, text.data(), text.size()) == nullptr) return std::nullopt;
    return std::string(text.data());
}

std::optional<std::string> read_address(int family, std::string_view text) {
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(family, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
    return address_of(family, bytes.data());
}

Parsed parse_line(std::string_view bytes) {
    const auto newline = bytes.find('\n');
    const std::size_t size = newline == std::string_view::npos ? bytes.size() : newline + 1;
    if (size > longest_line) return wrong("the PROXY line is too long");
    // Another reader would take the bytes after a lone carriage return for those of the connection.
    if (newline == std::string_view::npos) {
        const auto end = bytes.find('\r');
        if (end != std::string_view::npos && end + 1 < bytes.size())
            return wrong("the PROXY line does not end as it should");
        return std::optional<ProxyHeader>();
    }
    std::string_view line = bytes.substr(0, newline);
    if (!line.ends_with('\r')) return wrong("the PROXY line does not end as it should");
    line.remove_suffix(1);
    if (line.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos)
        return wrong("the PROXY line has a control character");
    line.remove_prefix(line_begin.size());
    ProxyHeader header{.size = size, .source = {}};
    const std::string_view protocol = take_word(line);
    if (protocol == "UNKNOWN") return header;
    if (protocol != "TCP4" && protocol != "TCP6")
        return wrong("the PROXY line names neither TCP4 nor TCP6");
    const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
    header.source = read_address(family, take_word(line));
    const bool to = read_address(family, take_word(line)).has_value();
    const bool ports = is_port(take_word(line)) && is_port(line);
    if (!header.source || !to || !ports)
        return wrong("the PROXY line has no two addresses and ports");
    return header;
}

Parsed parse_binary(std::string_view bytes) {
    if (bytes.size() < fixed_size) return std::optional<ProxyHeader>();
    const auto byte = [bytes](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    const unsigned version = byte(12) >> 4, command = byte(12) & 0xfU;
    const unsigned family = byte(13) >> 4, transport = byte(13) & 0xfU;
    const std::size_t length = std::size_t{byte(14)} << 8 | byte(15);
    if (version != 2 || command > 1 || family > 3 || transport > 2)
        return wrong("the PROXY header is of a kind that is not known");
    if (fixed_size + length > longest_proxy_header) return wrong("the PROXY header is too long");
    constexpr std::array<std::size_t, 4> needed = {0, 12, 36, 216};  // by family
    const bool local = command == 0;
    if (!local && length < needed[family])
        return wrong("the PROXY header is too short for its addresses");
    if (bytes.size() < fixed_size + length) return std::optional<ProxyHeader>();
    ProxyHeader header{.size = fixed_size + length, .source = {}};
    if (local || family == 0 || transport == 0) return header;
    const char* const addresses = bytes.data() + fixed_size;
    header.source = family == 1   ? address_of(AF_INET, addresses)
                    : family == 2 ? address_of(AF_INET6, addresses)
                                  : std::optional<std::string>("unix");
    return header;
}

}  // namespace

Parsed parse_proxy_header(std::string_view bytes) {
    const auto begins = [bytes](std::string_view begin) {
        return begin.substr(0, bytes.size()) == bytes.substr(0, begin.size());
    };
    if (!begins(signature) && !begins(line_begin))
        return wrong("it does not begin as the PROXY protocol does");
    if (bytes.starts_with(line_begin)) return parse_line(bytes);
    if (bytes.starts_with(signature)) return parse_binary(bytes);
    return std::optional<ProxyHeader>();
}

}  // namespace vitals::wire
