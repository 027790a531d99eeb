// Echoes of ICMP and ICMPv6 (RFC 792, RFC 4443 section 4), as a datagram socket carries them:
// without the header of IP. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire::icmp {

enum class Version : std::uint8_t { four, six };

struct Echo {
    std::uint16_t sequence = 0;
    std::string payload;
    bool operator==(const Echo&) const = default;
};

// An echo request; the kernel fills in the id and the checksum.
std::string write_request(Version version, const Echo& echo);
// Of an echo reply; nothing for anything else.
std::optional<Echo> read_reply(Version version, std::string_view bytes);

}  // namespace vitals::wire::icmp
