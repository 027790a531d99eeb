// The signed link in a message: its holder may acknowledge that one incident, or silence its causes
// for a few hours, without logging in. Pure. Thread-safe.
//
// A token names an incident, a receiver and its expiry. It carries the first 16 bytes of their
// HMAC-SHA256 with a key of 32 random bytes from the state directory. The token is compared in
// constant time before anything in it is trusted.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "vitals/snapshot.hpp"

namespace vitals::alerts {

using LinkKey = std::array<unsigned char, 32>;

struct Link {
    std::string incident;  // `STORE-NUMBER`
    std::string receiver;  // the receiver of the message
    System expires{};      // to the second
    bool operator==(const Link&) const = default;
};

inline constexpr std::chrono::hours link_lasts{24};
inline constexpr std::size_t longest_token = 512;  // bytes

LinkKey new_link_key();
// To 64 hexadecimal digits, and back; nothing for any other text.
std::string to_text(const LinkKey& key);
std::optional<LinkKey> link_key_of(std::string_view text);

// Letters, digits, `-`, `_` and a point.
std::string link_token(const Link& link, const LinkKey& key);
// What the token says; nothing if this key did not sign it. It may have expired.
std::optional<Link> read_link(std::string_view token, const LinkKey& key);

}  // namespace vitals::alerts
