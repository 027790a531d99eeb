#include "cli/explain_past.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <ctime>

#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "model/clock.hpp"
#include "model/description.hpp"
#include "text/amount.hpp"
#include "text/json.hpp"
#include "text/percent.hpp"

namespace vitals::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::size_t usual_width = 80;
constexpr std::size_t label_width = 13;
constexpr auto just_before = 10min;

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// Takes two digits below `most` from the front of the text.
std::optional<int> two_digits(std::string_view& text, int most) {
    int number = 0;
    if (text.size() < 2) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 2, number);
    if (error != std::errc{} || end != text.data() + 2 || number >= most) return std::nullopt;
    text.remove_prefix(2);
    return number;
}

std::optional<System> time_of_day(std::string_view text, System now) {
    const auto hour = two_digits(text, 24);
    if (!hour || !text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
    const auto minute = two_digits(text, 60);
    int second = 0;
    if (text.starts_with(':')) {
        text.remove_prefix(1);
        const auto read = two_digits(text, 60);
        if (!read) return std::nullopt;
        second = *read;
    }
    if (!minute || !text.empty()) return std::nullopt;
    const std::time_t today = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    localtime_r(&today, &local);
    for (const int back : {0, 1}) {
        std::tm wanted = local;
        wanted.tm_mday -= back;
        wanted.tm_hour = *hour;
        wanted.tm_min = *minute;
        wanted.tm_sec = second;
        wanted.tm_isdst = -1;
        const System at = std::chrono::system_clock::from_time_t(std::mktime(&wanted));
        if (at <= now) return at;
    }
    return std::nullopt;
}

std::string seconds_text(System at) {
    return rfc3339(std::chrono::floor<std::chrono::seconds>(at));
}

Status status_of(const PastTransition& state) {
    return parse_status(state.to).value_or(Status::unknown);
}

std::string_view meaning(const PastTransition& state) {
    if (state.to == "blind") return "vitals itself could not look";
    if (state.to == "unwatched") return "nobody watched it: vitals did not run, or did not have it";
    return {};
}

std::expected<std::vector<PastTransition>, Failure> ask(const Daemon& daemon,
                                                        const std::string& path) {
    const auto answer = daemon.ask("GET", path);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 200) return std::unexpected(daemon.refusal(*answer));
    auto read = read_transitions(answer->body);
    if (!read)
        return std::unexpected(
            Failure{exit_code::unreachable, daemon.address().shown() + ": " + read.error()});
    return *std::move(read);
}

// The first change after `state`, going back from now. Nothing: the state is still the same, or so
// many changes followed that they are not read.
std::expected<std::optional<System>, Failure> end_of(const Daemon& daemon,
                                                     const PastTransition& state) {
    constexpr int most_pages = 20;
    std::string before;
    std::optional<System> end;
    for (int page = 0; page < most_pages; ++page) {
        const auto some = ask(daemon, "/v1/transitions?limit=1000&component=" +
                                          text::percent_encoded(state.component) + before);
        if (!some) return std::unexpected(some.error());
        for (const PastTransition& each : *some) {
            if (each.first <= state.first) return end;
            end = each.first;
        }
        if (some->empty()) return end;
        before = "&before=" + text::percent_encoded(rfc3339_millis(some->back().first));
    }
    return std::optional<System>();
}

std::expected<std::optional<KnownIncident>, Failure> incident_at(const Daemon& daemon,
                                                                 const std::string& name,
                                                                 System at) {
    const auto answer =
        daemon.ask("GET", "/v1/incidents?limit=500&component=" + text::percent_encoded(name));
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 200) return std::nullopt;
    auto all = read_incidents(answer->body);
    if (!all) return std::nullopt;
    for (KnownIncident& each : *all)
        if (each.opened <= at && (!each.closed_at || *each.closed_at >= at)) return each;
    return std::nullopt;
}

}  // namespace

std::optional<System> moment_of(std::string_view text, System now) {
    auto at = parse_rfc3339(text);
    if (!at) at = time_of_day(text, now);
    if (!at)
        if (const auto ago = parse_duration(text)) at = now - *ago;
    return at && *at <= now ? at : std::nullopt;
}

std::expected<std::vector<PastTransition>, std::string> read_transitions(std::string_view body) {
    const auto wrong = std::unexpected("the answer is not a list of transitions");
    json::error_code error;
    const json::value value = json::parse(body, error);
    if (error || !value.is_object()) return wrong;
    const json::value* rows = value.get_object().if_contains("transitions");
    if (rows == nullptr || !rows->is_array()) return wrong;
    std::vector<PastTransition> all;
    for (const json::value& row : rows->get_array()) {
        if (!row.is_object()) return wrong;
        const json::object& object = row.get_object();
        const auto first = parse_rfc3339(text_of(object, "first"));
        const auto at = parse_rfc3339(text_of(object, "at"));
        if (!first || !at) return wrong;
        PastTransition made{.component = text_of(object, "component"),
                            .from = text_of(object, "from"),
                            .to = text_of(object, "to"),
                            .first = *first,
                            .at = *at,
                            .why = text_of(object, "why"),
                            .lasted = {}};
        if (const json::value* lasted = object.if_contains("lasted_seconds");
            lasted != nullptr && lasted->is_number())
            if (const double seconds = lasted->to_number<double>(); seconds >= 0 && seconds < 1e9)
                made.lasted = std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
        all.push_back(std::move(made));
    }
    return all;
}

std::expected<PastExplained, Failure> explain_past(const Daemon& daemon, const std::string& name,
                                                   System at) {
    const auto until = [](System moment) {
        return "&before=" +
               text::percent_encoded(rfc3339_millis(moment + std::chrono::milliseconds(1)));
    };
    const auto then =
        ask(daemon, "/v1/transitions?limit=1&component=" + text::percent_encoded(name) + until(at));
    if (!then) return std::unexpected(then.error());
    if (then->empty())
        return std::unexpected(
            Failure{exit_code::usage,
                    fmt::format("nothing is known of '{}' at {}", clean(name), seconds_text(at))});
    PastExplained made{.component = name,
                       .asked = at,
                       .state = then->front(),
                       .until = {},
                       .before = {},
                       .incident = {}};
    auto end = end_of(daemon, made.state);
    if (!end) return std::unexpected(end.error());
    made.until = *end;
    const auto others = ask(daemon, "/v1/transitions?limit=100" + until(made.state.at));
    if (!others) return std::unexpected(others.error());
    for (const PastTransition& each : *others)
        if (each.component != name && each.from != "unwatched" &&
            each.first >= made.state.first - just_before)
            made.before.insert(made.before.begin(), each);
    auto incident = incident_at(daemon, name, at);
    if (!incident) return std::unexpected(incident.error());
    made.incident = *std::move(incident);
    return made;
}

std::string past_text(const PastExplained& past, const Terminal& terminal, System now) {
    const std::size_t width = terminal.width == 0
                                  ? usual_width
                                  : std::clamp<std::size_t>(terminal.width, 40, usual_width);
    const PastTransition& state = past.state;
    const Status status = status_of(state);
    std::string out =
        fmt::format("{} {}  {}\n", paint(terminal, paint_of(status), symbol(terminal, status)),
                    paint(terminal, Paint::strong, clean(past.component)),
                    paint(terminal, paint_of(status), clean(state.to)));
    const auto term = [&](std::string_view label, const std::string& text) {
        if (text.empty()) return;
        std::string before = pad_right(label, label_width);
        for (const std::string& line : wrap(clean(text), width - label_width)) {
            out += paint(terminal, Paint::faint, before) + line + '\n';
            before.assign(label_width, ' ');
        }
    };
    term("At",
         fmt::format("{} ({} ago)", seconds_text(past.asked), text::spoken_age(now - past.asked)));
    term("Since", fmt::format("{} ({} before that)", seconds_text(state.first),
                              text::spoken_age(past.asked - state.first)));
    if (state.at - state.first > 1s)
        term("Verdict",
             fmt::format("{}: the first run that found it was not enough", seconds_text(state.at)));
    term("Until", past.until ? fmt::format("{}, after {}", seconds_text(*past.until),
                                           text::spoken_age(*past.until - state.first))
                             : "now");
    std::string earlier = state.from;
    if (state.lasted) earlier += ", for " + text::spoken_age(*state.lasted);
    term("Before that", earlier);
    term("Saw", state.why);
    term("Means", std::string(meaning(state)));
    if (past.incident) {
        std::string text = past.incident->id + ": " + past.incident->title;
        if (!past.incident->acknowledged_by.empty())
            text += ", acknowledged by " + past.incident->acknowledged_by;
        term("Incident", text);
        std::string told;
        for (const ToldReceiver& each : past.incident->told)
            if (each.at <= past.asked)
                told += fmt::format("{}{} {} {}", told.empty() ? "" : "; ", seconds_text(each.at),
                                    each.receiver, each.kind);
        term("Told", told);
    }
    bool first = true;
    for (const PastTransition& each : past.before) {
        term(first ? "Just before" : "",
             fmt::format("{} {} {}: {}", seconds_text(each.at), each.component, each.to, each.why));
        first = false;
    }
    return out;
}

std::string past_json(const PastExplained& past) {
    std::string out;
    text::JsonWriter json(out);
    const auto write = [&json](const PastTransition& each) {
        json.member("status", each.to).member("since", rfc3339_millis(each.first));
        json.member("decided", rfc3339_millis(each.at)).member("saw", each.why);
        json.member("before_that", each.from);
    };
    json.object().member("component", past.component);
    json.member("at", rfc3339_millis(past.asked));
    write(past.state);
    if (past.until) json.member("until", rfc3339_millis(*past.until));
    if (past.incident) json.member("incident", past.incident->id);
    json.key("before").array();
    for (const PastTransition& each : past.before) {
        json.object().member("component", each.component);
        write(each);
        json.end_object();
    }
    json.end_array().end_object();
    return out + '\n';
}

}  // namespace vitals::cli
