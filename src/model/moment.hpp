// Moments from others: a certificate, a server, a client. vitals counts nanoseconds in 64 bits,
// which end in 2262; others mean "for ever" by the end of the year 9999.
#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>

#include "vitals/snapshot.hpp"

namespace vitals {

// Moments from others are kept within these bounds, so that the span between such a moment and now
// also fits.
inline constexpr std::chrono::sys_seconds earliest_moment =
    std::chrono::sys_days(std::chrono::year(1800) / 1 / 1);
inline constexpr std::chrono::sys_seconds latest_moment =
    std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);

// The nearest moment that vitals can count.
constexpr System moment_of(std::chrono::sys_seconds time) {
    return std::clamp(time, earliest_moment, latest_moment);
}

// From seconds since 1970, which may be any number; NaN is 1970.
constexpr System moment_of(double seconds) {
    if (!(seconds == seconds)) return System{};
    const auto at = [](std::chrono::sys_seconds time) {
        return static_cast<double>(time.time_since_epoch().count());
    };
    const double kept = std::clamp(seconds, at(earliest_moment), at(latest_moment));
    return System(
        std::chrono::duration_cast<System::duration>(std::chrono::duration<double>(kept)));
}

// Of a file: the file system may keep any.
constexpr System moment_of(const timespec& time) {
    return moment_of(std::chrono::sys_seconds(std::chrono::seconds(time.tv_sec))) +
           std::chrono::duration_cast<System::duration>(std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace vitals
