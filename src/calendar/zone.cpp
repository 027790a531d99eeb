// Zones on Howard Hinnant's date library and the system's zone data.
#include "calendar/zone.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <stdexcept>

namespace vitals::calendar {

namespace {

using std::chrono::seconds;

date::local_seconds theirs(LocalTime time) {
    return date::local_seconds(time.time_since_epoch());
}

LocalTime ours(date::local_seconds time) {
    return LocalTime(time.time_since_epoch());
}

}  // namespace

std::expected<Zone, std::string> Zone::find(const std::string& name) {
    try {
        return Zone(date::locate_zone(name));
    } catch (const std::runtime_error&) {
        return std::unexpected(
            fmt::format("'{}' is not a known time zone; expected a name like Europe/Berlin (is the "
                        "package tzdata installed?)",
                        name));
    }
}

Zone Zone::here() {
    try {
        return Zone(date::current_zone());
    } catch (const std::runtime_error&) {
        return Zone(date::locate_zone("UTC"));
    }
}

std::string Zone::name() const {
    return zone_->name();
}

LocalTime Zone::local(System instant) const {
    return ours(zone_->to_local(std::chrono::floor<seconds>(instant)));
}

Zone::Shown Zone::shown(LocalTime time) const {
    const date::local_info info = zone_->get_info(theirs(time));
    const auto by = [&](const date::sys_info& clock) {
        return System(time.time_since_epoch() - clock.offset);
    };
    switch (info.result) {
        case date::local_info::nonexistent:
            return {System(info.first.end.time_since_epoch()), by(info.first), true};
        case date::local_info::ambiguous:
            return {by(info.first), by(info.second)};
        default:
            return {by(info.first), by(info.first)};
    }
}

std::string Zone::text(System instant) const {
    const auto at = std::chrono::floor<seconds>(instant);
    return date::format("%Y-%m-%d %H:%M %Z", date::make_zoned(zone_, at));
}

}  // namespace vitals::calendar
