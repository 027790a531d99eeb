// Windows by a local clock.
#include "alerts/hours.hpp"

#include <algorithm>

namespace vitals::alerts {

std::expected<Hours, std::string> Hours::make(HoursSpec spec) {
    if (spec.from >= 24 * 60 || spec.to >= 24 * 60)
        return std::unexpected("a time of day lies between 00:00 and 23:59");
    if (std::none_of(spec.days.begin(), spec.days.end(), [](bool day) { return day; }))
        return std::unexpected("no day is named, so these hours never come");
    auto zone = calendar::Zone::find(spec.zone);
    if (!zone) return std::unexpected(std::move(zone.error()));
    return Hours(std::move(spec), *std::move(zone));
}

bool Hours::contains(System wall) const {
    const calendar::LocalTime local = zone_.local(wall);
    const auto midnight = std::chrono::floor<std::chrono::days>(local);
    const auto minute = static_cast<unsigned>((local - midnight) / std::chrono::minutes(1));
    const unsigned day = std::chrono::weekday(midnight).iso_encoding() - 1;
    const bool late = minute >= spec_.from && spec_.days[day];
    if (spec_.from < spec_.to) return late && minute < spec_.to;
    return late || (minute < spec_.to && spec_.days[(day + 6) % 7]);
}

System next_minute(System wall) {
    return std::chrono::floor<std::chrono::minutes>(wall) + std::chrono::minutes(1);
}

}  // namespace vitals::alerts
