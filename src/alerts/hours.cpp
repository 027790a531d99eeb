// Windows by a local clock, on Howard Hinnant's date library and the system's zone data.
#include "alerts/hours.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace vitals::alerts {

std::expected<Hours, std::string> Hours::make(HoursSpec spec) {
    if (spec.from >= 24 * 60 || spec.to >= 24 * 60)
        return std::unexpected("a time of day lies between 00:00 and 23:59");
    if (std::none_of(spec.days.begin(), spec.days.end(), [](bool day) { return day; }))
        return std::unexpected("no day is named, so these hours never come");
    try {
        const date::time_zone* zone = date::locate_zone(spec.zone);
        return Hours(std::move(spec), zone);
    } catch (const std::runtime_error&) {
        return std::unexpected(
            fmt::format("'{}' is not a known time zone; expected a name like Europe/Berlin (is the "
                        "package tzdata installed?)",
                        spec.zone));
    }
}

bool Hours::contains(System wall) const {
    const auto local = zone_->to_local(std::chrono::floor<std::chrono::seconds>(wall));
    const auto midnight = date::floor<date::days>(local);
    const auto minute = static_cast<unsigned>((local - midnight) / std::chrono::minutes(1));
    const unsigned day = date::weekday(midnight).iso_encoding() - 1;
    const bool late = minute >= spec_.from && spec_.days[day];
    if (spec_.from < spec_.to) return late && minute < spec_.to;
    return late || (minute < spec_.to && spec_.days[(day + 6) % 7]);
}

System next_minute(System wall) {
    return std::chrono::floor<std::chrono::minutes>(wall) + std::chrono::minutes(1);
}

}  // namespace vitals::alerts
