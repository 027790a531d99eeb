#include "alerts/words.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "text/amount.hpp"
#include "text/escape.hpp"
#include "text/quote.hpp"
#include "text/utf8.hpp"

namespace vitals::alerts {

namespace {

using namespace std::chrono_literals;

// What a locked phone shows.
constexpr std::size_t line_characters = 120;
constexpr std::size_t error_bytes = 300;
constexpr std::size_t detail_characters = 300;

const date::time_zone& zone_of(std::string_view name) {
    try {
        return *date::locate_zone(std::string(name));
    } catch (const std::runtime_error&) {
        return *date::locate_zone("UTC");
    }
}

struct Local {
    date::local_seconds time;
    std::chrono::seconds offset{};
};

Local local_of(System time, std::string_view zone) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const date::sys_info info = zone_of(zone).get_info(seconds);
    return {date::local_seconds(seconds.time_since_epoch() + info.offset), info.offset};
}

std::string date_text(date::local_seconds time) {
    const date::year_month_day day(date::floor<date::days>(time));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

std::string clock_text(date::local_seconds time) {
    const auto minutes = (time - date::floor<date::days>(time)) / 1min;
    return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

// `03:12`, with its date if it is not that of `now`.
std::string short_time(System time, System now, std::string_view zone) {
    const date::local_seconds local = local_of(time, zone).time;
    const bool same_day =
        date::floor<date::days>(local) == date::floor<date::days>(local_of(now, zone).time);
    return same_day ? clock_text(local) : date_text(local) + ' ' + clock_text(local);
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::string upper(std::string_view word) {
    std::string out(word);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

bool is_blind(const Alert& alert) {
    return alert.cause.size() == 1 && alert.cause.front() == blind_component;
}

bool is_storm(const Alert& alert) {
    return alert.cause.size() > 1;
}

// The room for the parts of a line that may have any length.
struct Room {
    std::size_t name;
    std::size_t place;  // service and host, each
    std::size_t why;
};
constexpr Room ample{64, 40, 200};
constexpr Room tight{40, 14, 200};

// Writes the line of an alert into a given room.
class Line {
  public:
    Line(const Alert& alert, std::string_view zone, bool with_time, Room room)
        : alert_(alert), zone_(zone), with_time_(with_time), room_(room) {}

    std::string text() const {
        if (alert_.test) return "TEST " + name() + ": a test message, nothing is wrong" + both();
        switch (alert_.kind) {
            case Kind::problem:
                return problem();
            case Kind::worse:
                return worse();
            case Kind::reminder:
                return reminder();
            case Kind::flapping:
                return flapping();
            case Kind::steady:
                return steady();
            case Kind::resolved:
                return resolved();
            case Kind::missed:
                return missed();
        }
        return {};
    }

    // How many characters of it a phone must show: all up to the time.
    std::size_t most_needed() const {
        const std::string tail = depending();
        const std::string whole = text();
        return characters(whole) - (whole.ends_with(tail) ? characters(tail) : 0);
    }

  private:
    std::string problem() const {
        if (is_blind(alert_)) return "BLIND " + name() + blindness() + reason();
        if (is_storm(alert_)) return "STORM " + storm_head() + ": " + causes() + service();
        return state() + ' ' + name() + reason() + both() + since() + depending();
    }
    std::string worse() const {
        const std::string from =
            alert_.level_was ? std::string(to_string(*alert_.level_was)) + " -> " : std::string();
        return fmt::format("WORSE {}: {}{}{}{}{}", name(), from, to_string(alert_.level),
                           why().empty() ? "" : ", " + why(), service(), since());
    }
    std::string reminder() const {
        const std::string age = span_in_words(alert_.at - alert_.since);
        if (is_blind(alert_)) return "STILL BLIND " + name() + ' ' + age + ':' + blindness();
        const std::string rest = is_storm(alert_) ? ": " + causes() : reason();
        return "STILL " + state() + ' ' + name() + ' ' + age + rest + service();
    }
    std::string flapping() const {
        const auto every = alert_.span / std::max(1U, alert_.changes);
        return fmt::format("FLAPPING {}: {} in {}, about every {}; quiet until it ends", name(),
                           text::counted(alert_.changes, "change"), span_in_words(alert_.span),
                           span_in_words(every));
    }
    std::string steady() const {
        return fmt::format("STEADY {}: {} without change for {}", name(),
                           alert_.level == Status::failed ? "failing" : to_string(alert_.level),
                           span_in_words(alert_.span));
    }
    std::string resolved() const {
        const System end = alert_.until.value_or(alert_.at);
        return fmt::format("OK {}{} after {} ({}){}", name(),
                           is_blind(alert_) ? " can look again" : "",
                           span_in_words(end - alert_.since), from_to(end), service());
    }
    std::string missed() const {
        const System end = alert_.until.value_or(alert_.at);
        const std::string why = fitting(alert_.not_told, room_.why);
        return fmt::format("MISSED {} {} {} {}; not told{}{}", name(),
                           is_storm(alert_) ? "were" : "was",
                           is_blind(alert_) ? "blind" : to_string(alert_.level), from_to(end),
                           why.empty() ? "" : ", ", why);
    }

    std::string state() const { return upper(to_string(alert_.level)); }
    std::string name() const {
        if (is_blind(alert_)) return "vitals on " + fitting(alert_.host, room_.place);
        if (is_storm(alert_)) return text::counted(alert_.cause.size(), "component");
        return alert_.cause.empty() ? "?" : fitting(alert_.cause.front(), room_.name);
    }
    std::string why() const {
        if (!alert_.detail.empty()) return fitting(alert_.detail, room_.why);
        if (alert_.error_class == ErrorClass::none) return {};
        return std::string(to_string(alert_.error_class));
    }
    std::string reason() const {
        const std::string found = why();
        return found.empty() ? found : ": " + found;
    }
    std::string blindness() const {
        return " cannot look at " + text::counted(alert_.affected_count, "component");
    }
    std::string storm_head() const {
        return fmt::format("{} {} within {}", name(), to_string(alert_.level),
                           span_in_words(alert_.span));
    }
    std::string causes() const {
        constexpr std::size_t shown = 3;
        std::string out;
        for (std::size_t i = 0; i < std::min(shown, alert_.cause.size()); ++i)
            out += (i == 0 ? "" : ", ") + fitting(alert_.cause[i], room_.name / 2);
        return alert_.cause.size() > shown ? out + " …" : out;
    }
    std::string both() const { return place(alert_.service, alert_.host); }
    std::string service() const { return place(alert_.service, {}); }
    std::string place(const std::string& service, const std::string& host) const {
        std::string out = fitting(service, room_.place);
        if (!host.empty()) out += (out.empty() ? "" : ", ") + fitting(host, room_.place);
        return out.empty() ? out : " (" + out + ')';
    }
    std::string since() const {
        if (!with_time_) return {};
        return " since " + short_time(alert_.since, alert_.at, zone_);
    }
    std::string depending() const {
        if (alert_.affected_count == 0 || alert_.kind != Kind::problem) return {};
        return fmt::format(", {} {} on it", alert_.affected_count,
                           alert_.affected_count == 1 ? "depends" : "depend");
    }
    std::string from_to(System end) const {
        return short_time(alert_.since, alert_.at, zone_) + '-' + short_time(end, alert_.at, zone_);
    }

    const Alert& alert_;
    std::string_view zone_;
    bool with_time_;
    Room room_;
};

std::string line_of(const Alert& alert, std::string_view zone, bool with_time) {
    constexpr std::size_t shortest_why = 8;
    for (Room room : {ample, tight}) {
        const std::size_t needed = Line(alert, zone, with_time, room).most_needed();
        if (needed <= line_characters) return Line(alert, zone, with_time, room).text();
        const std::string& varies = alert.kind == Kind::missed ? alert.not_told : alert.detail;
        const std::size_t why = characters(fitting(varies, room.why));
        const std::size_t excess = needed - line_characters;
        if (why < excess + shortest_why) continue;
        room.why = why - excess;
        return Line(alert, zone, with_time, room).text();
    }
    return Line(alert, zone, with_time, {tight.name, tight.place, shortest_why}).text();
}

std::string listed(const std::vector<std::string>& names, std::size_t all) {
    constexpr std::size_t most = 10;
    std::string out;
    const std::size_t shown = std::min(most, names.size());
    for (std::size_t i = 0; i < shown; ++i)
        out += (i == 0 ? "" : ", ") + fitting(names[i], ample.name);
    if (all > shown) out += fmt::format(" and {} more", all - shown);
    return out;
}

// What is known of the failure: class, phase and their text.
void add_failure(const Alert& alert, const std::string& line, std::vector<Words::Row>& rows) {
    const std::string detail = fitting(alert.detail, detail_characters);
    if (!detail.empty() && line.find(detail) == std::string::npos)
        rows.push_back({"detail", detail, {}});
    if (alert.error_class != ErrorClass::none) {
        std::string found(to_string(alert.error_class));
        if (!alert.phase.empty()) found += ", in phase " + fitting(alert.phase, ample.name);
        rows.push_back({"error class", found, {}});
    }
    if (!alert.error.empty())
        rows.push_back({"the other side said", text::quoted(alert.error, error_bytes), {}});
}

void add_components(const Alert& alert, std::vector<Words::Row>& rows) {
    if (!is_blind(alert))
        rows.push_back(
            {is_storm(alert) ? "causes" : "cause", listed(alert.cause, alert.cause.size()), {}});
    if (alert.affected_count > 0)
        rows.push_back({is_blind(alert) ? "cannot look at" : "depend on it",
                        fmt::format("{} ({})", listed(alert.affected, alert.affected_count),
                                    alert.affected_count),
                        {}});
}

void add_times(const Alert& alert, std::string_view zone, std::vector<Words::Row>& rows) {
    rows.push_back({"since", time_in_words(alert.since, zone), {}});
    if (alert.until) rows.push_back({"until", time_in_words(*alert.until, zone), {}});
    if (alert.last_ok) rows.push_back({"last ok", time_in_words(*alert.last_ok, zone), {}});
    if (alert.configured)
        rows.push_back({"configuration changed", time_in_words(*alert.configured, zone), {}});
    for (const Alert::Before& before : alert.before)
        rows.push_back({"before it, " + short_time(before.at, alert.at, zone),
                        fitting(before.text, detail_characters),
                        {}});
}

void add_links(const Alert& alert, std::vector<Words::Row>& rows) {
    const std::array<std::pair<std::string_view, const std::string*>, 3> links{
        {{"component", &alert.link},
         {"acknowledge or silence", &alert.act_link},
         {"runbook", &alert.runbook}}};
    for (const auto& [label, url] : links)
        if (!url->empty()) rows.push_back({std::string(label), *url, *url});
}

std::string who_says_so(const Alert& alert) {
    std::string out = fmt::format("vitals {} on {} watches; message {}, attempt {}.", alert.version,
                                  fitting(alert.host, ample.place), alert.key, alert.attempt);
    if (alert.may_be_copy) out += " A copy of this may follow.";
    if (alert.alone)
        out += " This node is alone: it hears nobody of its fleet, and others may tell the same.";
    return out;
}

}  // namespace

std::string_view to_string(Severity severity) noexcept {
    return severity == Severity::critical ? "critical" : "warning";
}

std::string_view to_string(State state) noexcept {
    constexpr std::array<std::string_view, 4> names = {"nothing", "problem", "flapping",
                                                       "resolved"};
    return names[static_cast<std::size_t>(state)];
}

State state_of(std::string_view word) noexcept {
    for (const State state : {State::problem, State::flapping, State::resolved})
        if (to_string(state) == word) return state;
    return State::nothing;
}

Alert disclosed(Alert alert, Disclose disclose) {
    if (disclose == Disclose::full) return alert;
    alert.error.clear();
    if (disclose == Disclose::detail) return alert;
    alert.detail.clear();
    alert.phase.clear();
    alert.error_class = ErrorClass::none;
    alert.before.clear();
    alert.not_told.clear();
    return alert;
}

std::string fitting(std::string_view text, std::size_t most_characters) {
    std::string out;
    std::size_t last = 0;  // where the last character begins
    for (std::size_t count = 0; !text.empty(); ++count) {
        if (count == most_characters) return out.substr(0, last) + "…";
        char32_t code = text::take_code_point(text);
        if (code < 0x20 || code == 0x7F) code = ' ';
        if (text::is_invisible(code)) code = text::replacement;
        last = out.size();
        text::append_utf8(out, code);
    }
    return out;
}

std::string cut_characters(std::string text, std::size_t most_characters) {
    std::string_view rest = text;
    std::size_t last = 0;  // where the last character begins
    for (std::size_t count = 0; !rest.empty(); ++count) {
        if (count == most_characters) return text.substr(0, last) + "…";
        last = text.size() - rest.size();
        rest.remove_prefix(text::first_character(rest).bytes.size());
    }
    return text;
}

std::string cut_bytes(std::string text, std::size_t most_bytes) {
    constexpr std::string_view mark = "…";
    if (text.size() <= most_bytes) return text;
    return std::string(text::cut_utf8(text, most_bytes - mark.size())) + std::string(mark);
}

Words words_of(const Alert& alert, std::string_view zone) {
    Words words;
    words.line = line_of(alert, zone, true);
    words.subject = line_of(alert, zone, false);
    add_failure(alert, words.line, words.rows);
    add_components(alert, words.rows);
    add_times(alert, zone, words.rows);
    add_links(alert, words.rows);
    words.rows.push_back({{}, who_says_so(alert), {}});
    return words;
}

std::string plain_text(const Words& words) {
    std::string out = words.line + "\n\n";
    for (const Words::Row& row : words.rows)
        out += (row.label.empty() ? "\n" : row.label + ": ") + row.text + '\n';
    return out;
}

std::string html_text(const Words& words) {
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head>\n"
        "<body style=\"font-family:sans-serif;font-size:15px;line-height:1.4\">\n"
        "<p style=\"font-size:17px;font-weight:bold\">" +
        text::html(words.line) + "</p>\n<table style=\"border-collapse:collapse\">\n";
    for (const Words::Row& row : words.rows) {
        if (row.label.empty()) continue;
        const std::string shown = text::html(row.text);
        out += "<tr><td style=\"padding:2px 12px 2px 0;vertical-align:top;color:#555555\">" +
               text::html(row.label) + "</td>\n<td style=\"padding:2px 0\">" +
               (row.href.empty() ? shown
                                 : "<a href=\"" + text::html(row.href) + "\">" + shown + "</a>") +
               "</td></tr>\n";
    }
    out += "</table>\n";
    for (const Words::Row& row : words.rows)
        if (row.label.empty())
            out += "<p style=\"color:#555555\">" + text::html(row.text) + "</p>\n";
    return out + "</body></html>\n";
}

std::string span_in_words(Steady::duration span) {
    using std::chrono::duration_cast;
    const auto seconds =
        std::max<std::int64_t>(0, duration_cast<std::chrono::seconds>(span).count());
    constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
    const auto two = [](std::int64_t large, std::string_view large_unit, std::int64_t small,
                        std::string_view small_unit) {
        return small == 0 ? fmt::format("{} {}", large, large_unit)
                          : fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
    };
    if (seconds < minute) return fmt::format("{} s", seconds);
    if (seconds < 10 * minute) return two(seconds / minute, "min", seconds % minute, "s");
    if (seconds < hour) return fmt::format("{} min", seconds / minute);
    if (seconds < day) return two(seconds / hour, "h", seconds % hour / minute, "min");
    return two(seconds / day, "d", seconds % day / hour, "h");
}

std::string time_in_words(System time, std::string_view zone) {
    const Local local = local_of(time, zone);
    const auto second = (local.time - date::floor<date::days>(local.time)).count() % 60;
    const auto minutes = std::chrono::floor<std::chrono::minutes>(local.offset).count();
    const auto distance = minutes < 0 ? -minutes : minutes;
    return fmt::format("{} {}:{:02} {}{:02}:{:02}", date_text(local.time), clock_text(local.time),
                       second, minutes < 0 ? '-' : '+', distance / 60, distance % 60);
}

}  // namespace vitals::alerts
