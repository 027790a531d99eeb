// Whole numbers in as few bytes as they need: seven bits a byte, the lowest first. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::history {

inline void put_varint(std::string& bytes, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7f) | 0x80);
    bytes += static_cast<char>(number);
}

// Takes one from the front; nothing if it is cut off, or does not fit into 64 bits.
inline std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (bytes.empty()) return std::nullopt;
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        const std::uint64_t bits = byte & 0x7fu;
        if (shift == 63 && bits > 1) return std::nullopt;
        number |= bits << shift;
        if ((byte & 0x80u) == 0) return number;
    }
    return std::nullopt;
}

}  // namespace vitals::history
