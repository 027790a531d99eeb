#include "text/amount.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace vitals::text {

namespace {

// One decimal below ten if it says something, none above.
std::string rounded(double value) {
    const double tenths = std::round(value * 10) / 10;
    return tenths < 10 && tenths != std::round(tenths) ? fmt::format("{:.1f}", tenths)
                                                       : fmt::format("{:.0f}", value);
}

}  // namespace

std::string about_bytes(std::uint64_t bytes) {
    constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < std::size(units)) {
        value /= 1024;
        ++unit;
    }
    const double tenths = std::round(value * 10) / 10;
    if (tenths < 100 && tenths != std::round(tenths))
        return fmt::format("{:.1f} {}", tenths, units[unit]);
    return fmt::format("{:.0f} {}", value, units[unit]);
}

std::string about_duration(std::chrono::milliseconds span) {
    if (span < std::chrono::milliseconds(0)) return "-" + about_duration(-span);
    const auto milliseconds = static_cast<double>(span.count());
    if (milliseconds < 1'000) return fmt::format("{:.0f} ms", milliseconds);
    if (milliseconds < 120'000) return rounded(milliseconds / 1'000) + " s";
    if (milliseconds < 7'200'000) return rounded(milliseconds / 60'000) + " min";
    if (milliseconds < 172'800'000) return rounded(milliseconds / 3'600'000) + " h";
    return rounded(milliseconds / 86'400'000) + " d";
}

std::string about_percent(double value) {
    // Almost all is not all: a disk with a little left must not read as full.
    if (value > 99.9 && value < 100) return ">99.9%";
    const double tenths = std::round(value * 10) / 10;
    return tenths == std::round(tenths) ? fmt::format("{:.0f}%", tenths)
                                        : fmt::format("{:.1f}%", tenths);
}

std::string spoken_age(std::chrono::nanoseconds age) {
    const auto seconds =
        std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(age).count());
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
    if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} d", seconds / 86400);
}

std::string spoken_duration(std::chrono::nanoseconds duration) {
    const double millis = static_cast<double>(duration.count()) / 1e6;
    if (millis < 9.95) return fmt::format("{:.1f} ms", millis);
    if (millis < 999.5) return fmt::format("{:.0f} ms", millis);
    return fmt::format("{:.1f} s", millis / 1000);
}

std::string counted(std::size_t number, std::string_view noun, std::string_view plural) {
    if (number == 1) return fmt::format("1 {}", noun);
    return plural.empty() ? fmt::format("{} {}s", number, noun)
                          : fmt::format("{} {}", number, plural);
}

}  // namespace vitals::text
