// The part of the past that a request selects: `range=24h`, or `from`, `to` and `step`. Pure.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "endpoints/operation.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::endpoints {

struct Period {
    System from{};
    std::chrono::milliseconds step{};
    std::size_t count = 0;  // of steps
};

inline constexpr std::size_t usual_steps = 90;
inline constexpr std::size_t most_steps = 1'000;
inline constexpr std::chrono::hours longest_past{24 * 400};

inline constexpr QueryParameter period_parameters[] = {
    {"range",
     "The latest while, in 90 steps: `90m`, `24h`, `30d`, `90d`. 24h if nothing is named."},
    {"from", "Instead of `range`: the begin, as RFC 3339 has it."},
    {"to", "The end, as RFC 3339 has it; now if it is not named."},
    {"step", "The length of a step: `1m`, `1h`, `1d`. At most 1000 steps."}};

// The last parameter of that name, or null.
const std::string* parameter(const http::Pairs& query, std::string_view name);

// The selected part, or what is wrong with it.
std::expected<Period, std::string> read_period(const http::Pairs& query, System now);

}  // namespace vitals::endpoints
