#include "wire/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/moment.hpp"

namespace vitals::wire {

namespace {

std::optional<unsigned> digits(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7), the form that is still written.
std::optional<System> http_date(std::string_view text) {
    constexpr std::size_t length = 29;
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != length || !text.ends_with(" GMT")) return std::nullopt;
    const auto day = digits(text.substr(5, 2)), year = digits(text.substr(12, 4));
    const auto hour = digits(text.substr(17, 2)), minute = digits(text.substr(20, 2));
    const auto second = digits(text.substr(23, 2));
    const auto month = std::ranges::find(months, text.substr(8, 3));
    if (!day || !year || !hour || !minute || !second || month == months.end()) return std::nullopt;
    const std::chrono::year_month_day date(
        std::chrono::year(static_cast<int>(*year)),
        std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
        std::chrono::day(*day));
    if (!date.ok()) return std::nullopt;
    return moment_of(std::chrono::sys_days(date) + std::chrono::hours(*hour) +
                     std::chrono::minutes(*minute) + std::chrono::seconds(*second));
}

}  // namespace

std::optional<std::chrono::nanoseconds> retry_after(std::string_view header, System now) {
    while (header.starts_with(' ')) header.remove_prefix(1);
    while (header.ends_with(' ')) header.remove_suffix(1);
    if (const auto seconds = digits(header)) return std::chrono::seconds(*seconds);
    const auto date = http_date(header);
    if (!date) return std::nullopt;
    return std::max<std::chrono::nanoseconds>(*date - now, std::chrono::nanoseconds::zero());
}

}  // namespace vitals::wire
