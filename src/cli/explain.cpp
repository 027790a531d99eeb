#include "cli/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "app/check_once.hpp"
#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/explain_past.hpp"
#include "cli/failure.hpp"
#include "cli/screen_text.hpp"
#include "model/clock.hpp"
#include "text/amount.hpp"
#include "text/percent.hpp"

namespace vitals::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t usual_width = 80;
constexpr std::size_t label_width = 13;

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::optional<std::chrono::nanoseconds> seconds_of(const json::object& object,
                                                   std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    const double seconds = value->to_number<double>();
    if (!(seconds >= 0 && seconds < 1e9)) return std::nullopt;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

std::chrono::microseconds micros_of(const json::object& object, std::string_view name) {
    return std::chrono::duration_cast<std::chrono::microseconds>(
        seconds_of(object, name).value_or(std::chrono::nanoseconds{}));
}

// The objects of the array of that name.
std::vector<json::object> rows_of(const json::object& object, std::string_view name) {
    std::vector<json::object> rows;
    const json::value* found = object.if_contains(name);
    if (found == nullptr || !found->is_array()) return rows;
    for (const json::value& row : found->get_array())
        if (row.is_object()) rows.push_back(row.get_object());
    return rows;
}

LastFailure last_failure_of(const json::object& object, std::optional<System> now) {
    LastFailure last;
    const auto since = parse_rfc3339(text_of(object, "watched_since"));
    if (!since) return last;
    last.watched_since = *since;
    const json::value* const found = object.if_contains("last_failed");
    if (found == nullptr || !found->is_object()) return last;
    const auto from = parse_rfc3339(text_of(found->get_object(), "from"));
    const auto to = parse_rfc3339(text_of(found->get_object(), "to"));
    if (!from) return last;
    last.lasts = !to;
    last.seen = Stretch{*from, to ? *to : std::max(*from, now.value_or(*from))};
    return last;
}

// ---- As text ----

struct Page {
    const Terminal& terminal;
    std::size_t width;
    std::string out;

    // `Means        It answered, ...`, wrapped and indented below itself.
    void term(std::string_view label, std::string_view text) {
        if (text.empty()) return;
        std::string before = pad_right(label, label_width);
        for (const std::string& line : wrap(clean(text), width - label_width)) {
            out += paint(terminal, Paint::faint, before) + line + '\n';
            before.assign(label_width, ' ');
        }
    }
};

std::string moment(System at, System now) {
    return fmt::format("{} ({} ago)", rfc3339(std::chrono::floor<std::chrono::seconds>(at)),
                       text::spoken_age(now - at));
}

// A past failure shows that the check can fail at all.
std::string last_failure_text(const LastFailure& last, System now) {
    if (!last.seen)
        return fmt::format(
            "never seen failing since vitals watches it ({})",
            rfc3339(std::chrono::floor<std::chrono::seconds>(last.watched_since)).substr(0, 10));
    return fmt::format("{}, for {}", moment(last.seen->from, now),
                       text::spoken_age(last.seen->to - last.seen->from));
}

std::string took_text(const std::optional<std::chrono::nanoseconds>& took) {
    return took ? text::spoken_duration(*took) : "-";
}

void write_phases(Page& page, const Explanation& told) {
    if (told.phases.empty()) return;
    std::size_t name = 5, came_to = 7;
    for (const Explanation::Step& step : told.phases) {
        name = std::max(name, std::min<std::size_t>(columns(clean(step.name)), 24));
        came_to = std::max(came_to, columns(step.came_to));
    }
    const auto line = [&](std::string_view a, std::string_view b, std::string_view c,
                          std::string_view d) {
        return fmt::format("  {}  {}  {}  {}\n",
                           pad_right(cut(clean(a), name, page.terminal.unicode), name),
                           pad_right(b, came_to), pad_left(c, 9), pad_left(d, 9));
    };
    page.out +=
        '\n' + paint(page.terminal, Paint::faint, line("PHASE", "CAME TO", "THIS RUN", "USUAL"));
    for (const Explanation::Step& step : told.phases) {
        const std::string text =
            line(step.name, step.came_to, took_text(step.took),
                 step.usual.count() > 0 ? text::spoken_duration(step.usual) : "-");
        page.out += step.failed ? paint(page.terminal, Paint::red, text) : text;
    }
    page.out += '\n';
}

std::string as_json(const Explained& explained) {
    json::object body;
    body["component"] = explained.component;
    body["status"] = to_string(explained.status);
    json::array phases;
    for (const Explanation::Step& step : explained.told.phases) {
        json::object row{{"name", step.name}, {"came_to", step.came_to}, {"failed", step.failed}};
        if (step.took) row["seconds"] = static_cast<double>(step.took->count()) / 1e9;
        phases.push_back(std::move(row));
    }
    body["phases"] = std::move(phases);
    body["saw"] = explained.told.saw;
    if (!explained.told.error.empty()) body["error"] = explained.told.error;
    body["means"] = explained.told.means;
    body["rule"] = explained.told.rule;
    if (!explained.runbook.empty()) body["runbook"] = explained.runbook;
    body["before"] = json::array{};
    return json::serialize(body) + '\n';
}

int show(const Explained& explained, const Explain& command, const Terminal& terminal,
         const std::string& body) {
    const std::string text = command.format == "json"
                                 ? body
                                 : explanation_text(explained, terminal, real_clock().system());
    return print(text) ? exit_code_of(explained.status) : exit_code::output;
}

// ---- Without a daemon ----

std::expected<Explained, Failure> from_here(const Explain& command) {
    auto config = load_configuration(command.daemon.file, true);
    if (!config) return std::unexpected(config.error());
    const auto found = std::ranges::find(
        config->components, command.name,
        [](const auto& each) -> const std::string& { return each.component->name; });
    if (found == config->components.end())
        return std::unexpected(Failure{
            exit_code::usage,
            fmt::format("{}: no component is named '{}'", config->file, clean(command.name))});
    const auto states = app::check_once({*found});
    Snapshot snapshot;
    snapshot.components = states;
    const ComponentState& state = *states.front();
    const Steady now = real_clock().steady();
    return Explained{.component = state.name(),
                     .status = state.status(now),
                     .since = {},
                     .observed = state.observed_at,
                     .timeout = state.component->timeout,
                     .runbook = state.component->runbook,
                     .told = explain(state, snapshot, Board{}, UsualTimes{}, now)};
}

// ---- The past ----

int run_past(const Daemon& daemon, const Explain& command, const Terminal& terminal) {
    const System now = real_clock().system();
    const auto at = moment_of(command.at, now);
    if (!at)
        return give_up("explain",
                       {exit_code::usage,
                        "--at: expected a time that has passed, such as "
                        "2026-11-30T03:12:00Z, 03:12 or 2h (ago)"},
                       Format::table);
    const auto past = explain_past(daemon, command.name, *at);
    if (!past) return give_up("explain", past.error(), Format::table);
    const std::string text =
        command.format == "json" ? past_json(*past) : past_text(*past, terminal, now);
    const Status status = parse_status(past->state.to).value_or(Status::unknown);
    return print(text) ? exit_code_of(status) : exit_code::output;
}

int run(const Explain& command, const Terminal& terminal) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("explain", daemon.error(), Format::table);
    if (!command.at.empty()) return run_past(*daemon, command, terminal);
    const auto path = "/v1/components/" + text::percent_encoded(command.name) + "/explain";
    const auto answer = daemon->ask("GET", path);
    if (!answer) {
        // A daemon that was named must answer.
        if (!command.daemon.url.empty() || answer.error().code != exit_code::unreachable)
            return give_up("explain", answer.error(), Format::table);
        auto here = from_here(command);
        if (!here) {
            Failure failure = answer.error();
            if (here.error().code == exit_code::usage) failure = here.error();
            return give_up("explain", failure, Format::table);
        }
        print_error(fmt::format("note: no daemon answers at {}; the check ran once, from here\n",
                                daemon->address().shown()));
        return show(*here, command, terminal, as_json(*here));
    }
    if (answer->status != 200) {
        Failure failure = daemon->refusal(*answer);
        if (answer->status == 404) failure.code = exit_code::usage;
        return give_up("explain", failure, Format::table);
    }
    const auto explained = read_explanation(answer->body);
    if (!explained)
        return give_up("explain",
                       {exit_code::unreachable,
                        fmt::format("{}: {}", daemon->address().shown(), explained.error())},
                       Format::table);
    return show(*explained, command, terminal, answer->body);
}

void declare(Arguments& to, Explain& command) {
    to.required("NAME", command.name, "The component.");
    to.option("--at", command.at, "TIME",
              "Explains the status at this time, from the daemon's history: 2026-11-30T03:12:00Z, "
              "03:12, or 2h for 2h ago.");
    to.choice("-f,--format", command.format, "text|json", "For a person or for a program.");
    to.daemon(command.daemon);
    to.colour();
}

}  // namespace

std::expected<Explained, std::string> read_explanation(std::string_view body) {
    json::error_code error;
    const json::value value = json::parse(body, error);
    const auto status = !error && value.is_object()
                            ? parse_status(text_of(value.get_object(), "status"))
                            : std::nullopt;
    if (!status) return std::unexpected("the answer is not an explanation");
    const json::object& object = value.get_object();
    Explained made;
    made.component = text_of(object, "component");
    made.status = *status;
    made.since = parse_rfc3339(text_of(object, "since"));
    made.observed = parse_rfc3339(text_of(object, "observed"));
    made.timeout = seconds_of(object, "timeout_seconds").value_or(std::chrono::nanoseconds{});
    made.runbook = text_of(object, "runbook");
    Explanation& told = made.told;
    told.took = seconds_of(object, "seconds").value_or(std::chrono::nanoseconds{});
    told.usual = micros_of(object, "usual_seconds");
    told.saw = text_of(object, "saw");
    told.error = text_of(object, "error");
    told.means = text_of(object, "means");
    told.rule = text_of(object, "rule");
    told.cause = text_of(object, "cause");
    told.action = text_of(object, "action");
    told.last_ok = parse_rfc3339(text_of(object, "last_ok"));
    made.last_failure = last_failure_of(object, made.observed);
    for (const json::object& row : rows_of(object, "phases")) {
        const json::value* failed = row.if_contains("failed");
        told.phases.push_back(
            {.name = text_of(row, "name"),
             .took = seconds_of(row, "seconds"),
             .usual = micros_of(row, "usual_seconds"),
             .came_to = clean(text_of(row, "came_to")),
             .failed = failed != nullptr && failed->is_bool() && failed->get_bool()});
    }
    for (const json::object& row : rows_of(object, "before"))
        if (const auto at = parse_rfc3339(text_of(row, "at")))
            told.before.push_back({*at, text_of(row, "component"), text_of(row, "what")});
    return made;
}

std::string explanation_text(const Explained& explained, const Terminal& terminal, System now) {
    const Explanation& told = explained.told;
    Page page{terminal,
              terminal.width == 0 ? usual_width
                                  : std::clamp<std::size_t>(terminal.width, 40, usual_width),
              {}};
    page.out =
        fmt::format("{} {}  {}\n",
                    paint(terminal, paint_of(explained.status), symbol(terminal, explained.status)),
                    paint(terminal, Paint::strong, clean(explained.component)),
                    paint(terminal, paint_of(explained.status), to_string(explained.status)));
    if (explained.since) page.term("Since", moment(*explained.since, now));
    if (explained.observed) {
        std::string run = moment(*explained.observed, now);
        if (told.took.count() > 0)
            run += fmt::format(", {} of at most {}", text::spoken_duration(told.took),
                               text::spoken_duration(explained.timeout));
        if (told.usual.count() > 0) run += ", usually " + text::spoken_duration(told.usual);
        page.term("Last run", run);
    }
    write_phases(page, told);
    page.term("Saw", told.saw);
    page.term("Said", told.error);
    page.term("Means", told.means);
    page.term("Rule", told.rule);
    page.term("Action", told.action);
    if (told.last_ok && explained.status != Status::ok)
        page.term("Last ok", moment(*told.last_ok, now));
    if (explained.last_failure.watched_since != System{} && !explained.last_failure.lasts)
        page.term("Last failed", last_failure_text(explained.last_failure, now));
    bool first = true;
    for (const Explanation::Before& before : told.before) {
        const std::string what = before.component.empty() || before.component == explained.component
                                     ? before.what
                                     : before.component + " " + before.what;
        page.term(first ? "Just before" : "",
                  rfc3339(std::chrono::floor<std::chrono::seconds>(before.at)) + " " + what);
        first = false;
    }
    page.term("Runbook", explained.runbook);
    return page.out;
}

const Subcommand subcommand::explain = make_subcommand<Explain, declare, run>(
    "explain",
    "Explains the status of a component: its latest run phase by phase beside a usual one, what "
    "that means, the rule, and what happened just before. If no daemon answers, the check runs "
    "once from the configuration. The exit code is that of check.",
    "  vitals explain databases/main\n"
    "  vitals explain databases/main --at 03:12\n");

}  // namespace vitals::cli
