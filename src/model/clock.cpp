// The real clock, and times as text.
#include "model/clock.hpp"

#include <fmt/format.h>

namespace vitals {

namespace {
class RealClock : public Clock {
  public:
    Steady steady() const override { return std::chrono::steady_clock::now(); }
    System system() const override { return std::chrono::system_clock::now(); }
};

std::string date_and_time(std::chrono::sys_seconds seconds) {
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss time(seconds - days);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}
}  // namespace

Clock& real_clock() {
    static RealClock clock;
    return clock;
}

std::string rfc3339(System time) {
    return date_and_time(std::chrono::floor<std::chrono::seconds>(time)) + "Z";
}

std::string rfc3339_millis(System time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto millis = std::chrono::floor<std::chrono::milliseconds>(time - seconds);
    return fmt::format("{}.{:03}Z", date_and_time(seconds), millis.count());
}

}  // namespace vitals
