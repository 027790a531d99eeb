// How many of something there must be: `1`, `>=1`, `<=3`, `0..3`. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace vitals {

struct CountRange {
    std::uint32_t least = 0;
    std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    bool contains(std::size_t count) const noexcept { return count >= least && count <= most; }
    bool operator==(const CountRange&) const = default;
};

// Nothing when the text has none of these forms, or when the first number is above the second.
std::optional<CountRange> parse_count_range(std::string_view text) noexcept;

}  // namespace vitals
