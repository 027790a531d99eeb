// The text protocol of memcached, as far as a check needs it: protocol.txt in its source. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire::memcached {

// The answer to one command: a line, or for `get` of one key its value.
struct Reply {
    std::string line;                  // without its end: `STORED`, `VERSION 1.6.18`, `END`
    std::optional<std::string> value;  // of `VALUE ...`; `line` is then `END`
};

inline constexpr std::size_t longest_line = 2048;
inline constexpr std::size_t longest_data = 16 * 1024;

// Takes the first reply from `buffer`, which holds the received bytes. Nothing while the reply is
// incomplete. An error as soon as it can no longer become a reply, or is too long.
std::expected<std::optional<Reply>, std::string> take_reply(std::string& buffer);

// `set`, with its data. The key: at most 250 bytes, no blanks, no control characters. At most 30
// days: a larger number would be a point in time.
std::string set_command(std::string_view key, std::string_view data, std::int64_t seconds);

}  // namespace vitals::wire::memcached
