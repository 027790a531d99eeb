// Ages, durations and counts in words.
#include "dialects/spoken.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vitals::dialects {

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

std::string counted(std::size_t number, std::string_view noun) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace vitals::dialects
