#include "calendar/cron.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include "text/words.hpp"

namespace vitals::calendar {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;

constexpr std::string_view month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

// One of the five.
struct FieldOf {
    std::string_view name;
    unsigned least, most;
    std::span<const std::string_view> words{};
    unsigned first_word = 0;  // the number of the first of them
};
constexpr FieldOf fields[] = {{"minute", 0, 59},
                              {"hour", 0, 23},
                              {"day of the month", 1, 31},
                              {"month", 1, 12, month_names, 1},
                              {"day of the week", 0, 7, weekday_names, 0}};

constexpr std::pair<std::string_view, std::string_view> nicknames[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

using Problem = std::unexpected<std::string>;

Problem wrong(const FieldOf& field, std::string_view part, std::string_view what) {
    return Problem(fmt::format("{} {}: {}", field.name, text::in_quotes(part), what));
}

std::string expected(const FieldOf& field) {
    return fmt::format(
        "expected {} to {}{}", field.least, field.most,
        field.words.empty() ? "" : fmt::format(" or a name such as {}", field.words[0]));
}

bool same_letters(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
    });
}

std::expected<unsigned, std::string> read_number(const FieldOf& field, std::string_view text) {
    for (std::size_t i = 0; i < field.words.size(); ++i)
        if (same_letters(text, field.words[i])) return field.first_word + static_cast<unsigned>(i);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
        number < field.least || number > field.most)
        return wrong(field, text, expected(field));
    return number;
}

struct Range {
    unsigned from, to, step = 1;
};

// `*`, `5`, `1-5`, `*/10`, `8-18/2`.
std::expected<Range, std::string> read_range(const FieldOf& field, std::string_view text) {
    const auto slash = text.find('/');
    const std::string_view what = text.substr(0, slash);
    Range range{field.least, field.most};
    const auto dash = what.find('-');
    if (what != "*") {
        const auto from = read_number(field, what.substr(0, dash));
        if (!from) return Problem(from.error());
        range.from = range.to = *from;
    }
    if (dash != std::string_view::npos) {
        const auto to = read_number(field, what.substr(dash + 1));
        if (!to) return Problem(to.error());
        range.to = *to;
        if (range.to < range.from)
            return wrong(field, text, "the range ends before it begins; write it as two ranges");
    }
    if (slash == std::string_view::npos) return range;
    if (what != "*" && dash == std::string_view::npos)
        return wrong(field, text, "a step needs a range, such as */10 or 0-30/10");
    const std::string_view step = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), range.step);
    if (step.empty() || error != std::errc() || end != step.data() + step.size() ||
        range.step == 0 || range.step > field.most)
        return wrong(field, text, fmt::format("a step is a number from 1 to {}", field.most));
    return range;
}

template <std::size_t size>
std::expected<std::bitset<size>, std::string> read_field(const FieldOf& field,
                                                         std::string_view text) {
    std::bitset<size> set;
    for (std::string_view rest = text;;) {
        const auto comma = rest.find(',');
        const auto range = read_range(field, rest.substr(0, comma));
        if (!range) return Problem(range.error());
        for (unsigned at = range->from; at <= range->to; at += range->step) set.set(at);
        if (comma == std::string_view::npos) return set;
        rest.remove_prefix(comma + 1);
    }
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    constexpr std::string_view blanks = " \t";
    for (auto from = text.find_first_not_of(blanks); from != std::string_view::npos;) {
        const auto to = std::min(text.find_first_of(blanks, from), text.size());
        words.push_back(text.substr(from, to - from));
        from = text.find_first_not_of(blanks, to);
    }
    return words;
}

std::string wrong_count(std::span<const std::string_view> words) {
    if (!words.empty() && words[0].find('=') != std::string_view::npos)
        return fmt::format("{} is no field; the time zone has an option of its own, 'zone'",
                           text::in_quotes(words[0]));
    return fmt::format(
        "found {} field{}, expected 5: minute, hour, day of the month, month, day of the week{}",
        words.size(), words.size() == 1 ? "" : "s",
        words.size() == 6 || words.size() == 7 ? " (without seconds, a year or a command)" : "");
}

std::string wrong_nickname(std::string_view word) {
    if (same_letters(word, "@reboot")) return "@reboot is no time; leave the schedule out";
    std::vector<std::string_view> names;
    for (const auto& [name, means] : nicknames) names.push_back(name);
    return fmt::format("{} is not known; expected {}", text::in_quotes(word), text::one_of(names));
}

// Whether some month has such a day.
bool comes(const std::bitset<32>& days, const std::bitset<13>& months) {
    constexpr unsigned most[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (unsigned month = 1; month <= 12; ++month)
        for (unsigned day = 1; months.test(month) && day <= most[month]; ++day)
            if (days.test(day)) return true;
    return false;
}

// For a text that begins with `@`: its five fields, or empty.
std::string_view spelled_out(std::string_view nickname) noexcept {
    for (const auto& [name, means] : nicknames)
        if (same_letters(nickname, name)) return means;
    return {};
}

}  // namespace

std::expected<Cron, std::string> Cron::parse(std::string_view text) {
    if (text.size() > longest)
        return Problem(fmt::format("an expression has at most {} bytes", longest));
    Cron made;
    made.text_ = text;
    std::vector<std::string_view> words = split(text);
    if (words.size() == 1 && words[0].starts_with('@')) {
        const std::string_view means = spelled_out(words[0]);
        if (means.empty()) return Problem(wrong_nickname(words[0]));
        words = split(means);
    }
    if (words.size() != std::size(fields)) return Problem(wrong_count(words));
    const auto minute = read_field<60>(fields[0], words[0]);
    if (!minute) return Problem(minute.error());
    const auto hour = read_field<24>(fields[1], words[1]);
    if (!hour) return Problem(hour.error());
    const auto day = read_field<32>(fields[2], words[2]);
    if (!day) return Problem(day.error());
    const auto month = read_field<13>(fields[3], words[3]);
    if (!month) return Problem(month.error());
    auto weekday = read_field<8>(fields[4], words[4]);
    if (!weekday) return Problem(weekday.error());
    if (weekday->test(7)) weekday->set(0);
    made.minutes_ = *minute;
    made.hours_ = *hour;
    made.days_ = *day;
    made.months_ = *month;
    made.weekdays_ = *weekday;
    made.either_day_ = words[2][0] != '*' && words[4][0] != '*';
    made.follows_changes_ = words[0][0] == '*' || words[1][0] == '*';
    if (!made.either_day_ && !comes(*day, *month))
        return Problem(fmt::format("{} {}: no such month has such a day", words[2], words[3]));
    return made;
}

bool Cron::on_day(local_days day) const {
    const std::chrono::year_month_day date(day);
    if (!months_.test(static_cast<unsigned>(date.month()))) return false;
    const bool by_date = days_.test(static_cast<unsigned>(date.day()));
    const bool by_weekday = weekdays_.test(std::chrono::weekday(day).c_encoding());
    return either_day_ ? by_date || by_weekday : by_date && by_weekday;
}

std::optional<Cron::Due> Cron::next(const Zone& zone, System after) const {
    if (text_.empty()) return std::nullopt;
    const LocalTime from = zone.local(after);
    // The clock may show an earlier time after it was put back: the times of that day are tried
    // again.
    const local_days first = std::chrono::floor<days>(from - hours(3));
    for (local_days day = first; day < first + days(8 * 366); day += days(1)) {
        if (!on_day(day)) continue;
        for (unsigned hour = 0; hour < 24; ++hour) {
            if (!hours_.test(hour) || day + hours(hour + 1) + hours(3) < from) continue;
            for (unsigned minute = 0; minute < 60; ++minute) {
                if (!minutes_.test(minute)) continue;
                const Zone::Shown shown = zone.shown(day + hours(hour) + minutes(minute));
                if (shown.skipped && follows_changes_) continue;
                if (shown.first > after) return Due{shown.first, shown.last};
            }
        }
    }
    return std::nullopt;
}

}  // namespace vitals::calendar
