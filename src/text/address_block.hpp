// An IP address, or a block in CIDR notation (RFC 4632): 10.0.0.0/8, 2001:db8::/32. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace vitals::text {

class AddressBlock {
  public:
    // The block, or what is wrong with the text, as a sentence that names it. Bits beyond the
    // length must be zero: 10.0.0.1/8 is probably a mistake.
    static std::expected<AddressBlock, std::string> parse(std::string_view text);

    // 4 or 16 bytes in network order. An IPv4 address within IPv6 (::ffff:10.0.0.1) is the IPv4
    // address.
    bool contains(std::span<const std::uint8_t> address) const noexcept;

  private:
    std::array<std::uint8_t, 16> bytes_{};  // of an IPv4 address as it stands within IPv6
    unsigned length_ = 0;                   // in bits, of the 128
};

}  // namespace vitals::text
