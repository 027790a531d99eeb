// SMTP replies as a client reads them: RFC 5321, section 4.2. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire::smtp {

struct Reply {
    int code = 0;                    // 200 to 599
    std::vector<std::string> lines;  // without code and line end; at least one, perhaps empty
    // Whether EHLO's reply names this extension (its first word, any case).
    bool offers(std::string_view extension) const;
};

// Bytes of one reply at most; RFC 5321 asks for 512 a line, and a server lists some twenty.
inline constexpr std::size_t longest_reply = 16 * 1024;

// Takes the first reply out of `buffer`, which holds what was received so far. Nothing while the
// reply is not complete. What is wrong as soon as it can no longer become one, or is too long.
std::expected<std::optional<Reply>, std::string> take_reply(std::string& buffer);

}  // namespace vitals::wire::smtp
