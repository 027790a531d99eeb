#include "endpoints/operations/period.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/clock.hpp"
#include "model/description.hpp"

namespace vitals::endpoints {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Wrong = std::unexpected<std::string>;

constexpr std::string_view a_moment = "a time such as 2026-11-30T02:00:00Z";
constexpr std::string_view a_while = "a duration such as 90m, 24h or 30d, of 400 days at most";

std::expected<milliseconds, std::string> duration(std::string_view name, const std::string& text) {
    const auto read = parse_duration(text);
    if (!read || *read < 1s || *read > longest_past)
        return Wrong(fmt::format("{}: expected {}", name, a_while));
    return *read;
}

std::expected<Period, std::string> steps(System begin, System end, const std::string* step) {
    const auto whole = std::chrono::duration_cast<milliseconds>(end - begin);
    milliseconds length = std::max<milliseconds>(whole / usual_steps, 1s);
    if (step != nullptr) {
        const auto read = duration("step", *step);
        if (!read) return Wrong(read.error());
        length = *read;
    }
    const auto count = static_cast<std::size_t>((whole + length - 1ms) / length);
    if (count > most_steps)
        return Wrong(fmt::format("step: {} steps are too many; at most {}", count, most_steps));
    return Period{begin, length, count};
}

std::expected<Period, std::string> between(const std::string& from, const std::string* to,
                                           const std::string* step, System now) {
    const auto begin = parse_rfc3339(from);
    if (!begin) return Wrong(fmt::format("from: expected {}", a_moment));
    const auto end = to == nullptr ? std::optional(now) : parse_rfc3339(*to);
    if (!end) return Wrong(fmt::format("to: expected {}", a_moment));
    if (*begin >= now) return Wrong("from: is in the future");
    if (*end <= *begin) return Wrong("to: expected a time after `from`");
    if (now - *begin > longest_past) return Wrong("from: nothing is kept for more than 400 days");
    return steps(*begin, std::min(*end, now), step);
}

}  // namespace

const std::string* parameter(const http::Pairs& query, std::string_view name) {
    const auto found = std::find_if(query.rbegin(), query.rend(),
                                    [name](const auto& each) { return each.first == name; });
    return found == query.rend() ? nullptr : &found->second;
}

std::expected<Period, std::string> read_period(const http::Pairs& query, System now) {
    const std::string* range = parameter(query, "range");
    const std::string* from = parameter(query, "from");
    const std::string* to = parameter(query, "to");
    const std::string* step = parameter(query, "step");
    if (from != nullptr && range != nullptr) return Wrong("from: `range` is named, too");
    if (from != nullptr) return between(*from, to, step, now);
    if (to != nullptr) return Wrong("to: needs `from`");
    std::expected<milliseconds, std::string> whole = 24h;
    if (range != nullptr) whole = duration("range", *range);
    if (!whole) return Wrong(whole.error());
    return steps(now - *whole, now, step);
}

}  // namespace vitals::endpoints
