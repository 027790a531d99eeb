#include "text/address_block.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "text/words.hpp"

namespace vitals::text {
namespace {

constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool bit(std::span<const std::uint8_t> bytes, unsigned index) {
    return ((bytes[index / 8] >> (7 - index % 8)) & 1) != 0;
}

std::array<std::uint8_t, 16> as_ipv6(std::span<const std::uint8_t> address) {
    std::array<std::uint8_t, 16> bytes{};
    if (address.size() == 4) {
        std::ranges::copy(mapped, bytes.begin());
        std::ranges::copy(address, bytes.begin() + 12);
    } else {
        std::ranges::copy(address.first(16), bytes.begin());
    }
    return bytes;
}

}  // namespace

std::expected<AddressBlock, std::string> AddressBlock::parse(std::string_view text) {
    const auto wrong = [text] {
        return std::unexpected(fmt::format(
            "{} is neither an IP address nor a block of them, such as 10.0.0.0/8 or 2001:db8::/32",
            in_quotes(text)));
    };
    const auto slash = text.find('/');
    const std::string host(text.substr(0, slash));
    AddressBlock block;
    std::array<std::uint8_t, 16> found{};
    bool four = false;
    if (::inet_pton(AF_INET, host.c_str(), found.data()) == 1) {
        four = true;
        block.bytes_ = as_ipv6(std::span(found).first(4));
    } else if (::inet_pton(AF_INET6, host.c_str(), found.data()) == 1) {
        block.bytes_ = found;
    } else {
        return wrong();
    }
    const unsigned most = four ? 32 : 128;
    unsigned length = most;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (error != std::errc() || end != digits.data() + digits.size() || length > most)
            return wrong();
    }
    block.length_ = length + (four ? 96 : 0);
    for (unsigned index = block.length_; index < 128; ++index)
        if (bit(block.bytes_, index))
            return std::unexpected(
                fmt::format("{} has bits of the address beyond its length", in_quotes(text)));
    return block;
}

bool AddressBlock::contains(std::span<const std::uint8_t> address) const noexcept {
    if (address.size() != 4 && address.size() != 16) return false;
    const std::array<std::uint8_t, 16> other = as_ipv6(address);
    for (unsigned index = 0; index < length_; ++index)
        if (bit(bytes_, index) != bit(other, index)) return false;
    return true;
}

}  // namespace vitals::text
