// The real clock, and times as text.
#include "model/clock.hpp"

#include <fmt/format.h>

#include <charconv>

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

// Takes this many digits, then the character that must follow them (none for 0).
std::optional<int> take_digits(std::string_view& text, std::size_t digits, char sign) {
    int number = 0;
    const std::string_view taken = text.substr(0, digits);
    const auto [end, error] = std::from_chars(taken.data(), taken.data() + taken.size(), number);
    if (taken.size() != digits || error != std::errc{} || end != taken.data() + digits ||
        taken[0] == '-')
        return std::nullopt;
    text.remove_prefix(digits);
    if (sign == 0) return number;
    if (!text.starts_with(sign)) return std::nullopt;
    text.remove_prefix(1);
    return number;
}

// The fraction after the seconds: `.004`.
std::optional<std::chrono::nanoseconds> take_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return std::chrono::nanoseconds(0);
    text.remove_prefix(1);
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > 9) return std::nullopt;
    auto number = take_digits(text, digits, 0);
    for (std::size_t i = digits; i < 9; ++i) *number *= 10;
    return std::chrono::nanoseconds(*number);
}

// `Z` or `+02:00`: the offset of that clock.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (text == "Z" || text == "z") return std::chrono::minutes(0);
    if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hours = take_digits(text, 2, ':');
    const auto minutes = hours ? take_digits(text, 2, 0) : std::nullopt;
    if (!minutes || *hours > 23 || *minutes > 59 || !text.empty()) return std::nullopt;
    return sign * std::chrono::minutes(*hours * 60 + *minutes);
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

std::optional<System> parse_rfc3339(std::string_view text) {
    const auto year = take_digits(text, 4, '-');
    const auto month = year ? take_digits(text, 2, '-') : std::nullopt;
    const auto day = month ? take_digits(text, 2, 0) : std::nullopt;
    if (!day || text.empty() || std::string_view("Tt ").find(text[0]) == std::string_view::npos)
        return std::nullopt;
    text.remove_prefix(1);
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    const auto hour = take_digits(text, 2, ':');
    const auto minute = hour ? take_digits(text, 2, ':') : std::nullopt;
    const auto second = minute ? take_digits(text, 2, 0) : std::nullopt;
    const auto fraction = second ? take_fraction(text) : std::nullopt;
    const auto offset = fraction ? take_offset(text) : std::nullopt;
    const bool known = offset && date.ok() && *hour < 24 && *minute < 60 && *second <= 60;
    // A time that nanoseconds cannot count, also as a span from now, is not a time either.
    if (!known || *year < 1800 || *year > 2200) return std::nullopt;
    return System(std::chrono::duration_cast<System::duration>(
        std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
        std::chrono::minutes(*minute) + std::chrono::seconds(*second) + *fraction - *offset));
}

}  // namespace vitals
