// Moments that others tell: a certificate, a server, a client. Ours count nanoseconds in 64 bits,
// which end in 2262; "for ever" is often the end of the year 9999.
#pragma once

#include <algorithm>
#include <chrono>

#include "vitals/snapshot.hpp"

namespace vitals {

// What others tell is kept within these, so that the span between such a moment and now can be
// counted as well.
inline constexpr std::chrono::sys_seconds earliest_moment =
    std::chrono::sys_days(std::chrono::year(1800) / 1 / 1);
inline constexpr std::chrono::sys_seconds latest_moment =
    std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);

// The nearest moment that we can count.
constexpr System moment_of(std::chrono::sys_seconds time) {
    return std::clamp(time, earliest_moment, latest_moment);
}

// Of seconds since 1970, of which any number may have been said: not a number is 1970.
constexpr System moment_of(double seconds) {
    if (!(seconds == seconds)) return System{};
    const auto at = [](std::chrono::sys_seconds time) {
        return static_cast<double>(time.time_since_epoch().count());
    };
    const double kept = std::clamp(seconds, at(earliest_moment), at(latest_moment));
    return System(
        std::chrono::duration_cast<System::duration>(std::chrono::duration<double>(kept)));
}

}  // namespace vitals
