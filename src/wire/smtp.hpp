// SMTP replies: RFC 5321, section 4.2. Pure.
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

// The greatest size of one reply in bytes; RFC 5321 requires 512 for a line, and a server lists
// about twenty.
inline constexpr std::size_t longest_reply = 16 * 1024;

// Takes the first reply from `buffer`, which holds the received bytes. Nothing while the reply is
// incomplete. An error as soon as it can no longer become a reply, or is too long.
std::expected<std::optional<Reply>, std::string> take_reply(std::string& buffer);

}  // namespace vitals::wire::smtp
