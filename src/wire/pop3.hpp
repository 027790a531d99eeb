// Replies of POP3 (RFC 1939, RFC 2449). Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire::pop3 {

inline constexpr std::size_t longest_line = 4096;

// One line without its end. For a list such as that of CAPA, its lines follow, and a dot.
std::expected<std::optional<std::string>, std::string> take_line(std::string& buffer);

struct Reply {
    bool good = false;
    std::string code;  // the text in brackets: AUTH, IN-USE, SYS/TEMP
    std::string text;
};
std::expected<Reply, std::string> read_reply(std::string_view line);

}  // namespace vitals::wire::pop3
