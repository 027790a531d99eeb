// How long a certificate is still valid, in the same words for every kind.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "text/amount.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks {

// Whole days, rounded down: negative once it has ended.
inline std::int64_t days_until(System end, System now) {
    return std::chrono::floor<std::chrono::days>(end - now).count();
}

inline std::string days_left_in_words(std::int64_t days) {
    if (days < 0) return "certificate expired";
    if (days == 0) return "certificate ends within a day";
    return "certificate ends in " + text::counted(static_cast<std::size_t>(days), "day");
}

}  // namespace vitals::checks
