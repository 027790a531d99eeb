// How often something may happen: `3 per 1h`. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "model/description.hpp"

namespace vitals {

struct Rate {
    std::uint32_t count = 1;
    std::chrono::milliseconds window{std::chrono::hours(1)};
    bool operator==(const Rate&) const = default;
};

// The error continues after the text: "has no time, expected ...".
std::expected<Rate, std::string> parse_rate(std::string_view text);
std::string to_string(const Rate& rate);

template <>
struct OptionText<Rate> {
    static constexpr std::string_view name = "rate";
    static std::expected<Rate, std::string> parse(std::string_view text) {
        return parse_rate(text);
    }
    static std::string shown(const Rate& rate) { return to_string(rate); }
};

}  // namespace vitals
