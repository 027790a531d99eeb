#include "judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/amount.hpp"
#include "text/glob.hpp"

namespace vitals::checks::systemd {

namespace {

using std::chrono::milliseconds;
using wire::dbus::Value;

constexpr milliseconds usual_starting = std::chrono::seconds(60);
constexpr std::uint64_t killed = 2;       // CLD_KILLED
constexpr std::uint64_t dumped_core = 3;  // CLD_DUMPED

std::string text_at(const Value& properties, std::string_view name) {
    const Value* const found = properties.at(name);
    const std::string* const text = found == nullptr ? nullptr : found->text();
    return text == nullptr ? std::string() : *text;
}

std::uint64_t number_at(const Value& properties, std::string_view name) {
    const Value* const found = properties.at(name);
    return found == nullptr ? 0 : found->number().value_or(0);
}

// Microseconds since 1970; 0 and the largest number mean never.
std::optional<System> time_at(const Value& properties, std::string_view name) {
    const std::uint64_t number = number_at(properties, name);
    if (number == 0 || number > static_cast<std::uint64_t>(INT64_MAX) / 1000) return std::nullopt;
    return System(std::chrono::microseconds(static_cast<std::int64_t>(number)));
}

milliseconds since(System then, System now) {
    return std::max(std::chrono::duration_cast<milliseconds>(now - then), milliseconds(0));
}

std::string states(const Unit& unit) {
    std::string text = fmt::format("{}: {}, {}/{}", unit.name, unit.load, unit.active, unit.sub);
    if (!unit.result.empty()) text += ", result " + unit.result;
    return text;
}

Outcome bad(const Unit& unit, std::string detail) {
    return failed(std::move(detail), ErrorClass::assertion, states(unit));
}

// Why it failed: `failed: exit code 1`, `failed: killed by signal 9`, `failed: timeout`.
std::string how_it_failed(const Unit& unit) {
    if (unit.exit_code == killed || unit.exit_code == dumped_core)
        return fmt::format("failed: killed by signal {}", unit.exit_status);
    if (unit.result == "exit-code") return fmt::format("failed: exit code {}", unit.exit_status);
    if (unit.result.empty() || unit.result == "success") return "failed";
    return "failed: " + unit.result;
}

// A unit that cannot run at all.
std::optional<Outcome> of_loading(const Unit& unit) {
    if (unit.load == "not-found") return bad(unit, "no such unit");
    if (unit.load == "masked") return bad(unit, "masked");
    if (unit.load != "loaded" && unit.load != "merged")
        return bad(unit, "its file cannot be loaded");
    return std::nullopt;
}

bool is_oneshot(const Unit& unit) {
    return unit.type == "oneshot";
}

Outcome of_inactive(const Unit& unit) {
    if (!is_oneshot(unit)) return bad(unit, unit.type.empty() ? "not active" : "not running");
    if (unit.main_started)
        return unit.result == "success" ? ok("ended well") : bad(unit, how_it_failed(unit));
    // A unit that ended with 0 and a unit that never ran are the same once they are unloaded.
    return unknown("systemd remembers no run of it", states(unit) + "; name its timer instead");
}

Outcome of_starting(const Options& options, const Unit& unit, System now) {
    if (unit.sub.starts_with("auto-restart"))
        return bad(unit, "died, waits to be restarted: " + how_it_failed(unit));
    const milliseconds taken = unit.changed ? since(*unit.changed, now) : milliseconds(0);
    const std::string text = fmt::format("{} for {}", is_oneshot(unit) ? "running" : "starting",
                                         text::about_duration(taken));
    // A oneshot starts for as long as it works.
    if (is_oneshot(unit) && !options.starting_above) return ok(text);
    if (taken > options.starting_above.value_or(usual_starting)) return degraded(text);
    return ok(text);
}

Outcome of_active(const Unit& unit) {
    if (unit.sub == "exited") return ok("ended well");
    return ok(unit.sub.empty() ? unit.active : unit.sub);
}

}  // namespace

Unit unit_of(const std::string& name, const Value& properties) {
    Unit unit;
    unit.name = name;
    unit.load = text_at(properties, "LoadState");
    unit.active = text_at(properties, "ActiveState");
    unit.sub = text_at(properties, "SubState");
    unit.result = text_at(properties, "Result");
    unit.type = name.ends_with(".service") ? text_at(properties, "Type") : std::string();
    unit.triggers = name.ends_with(".timer") ? text_at(properties, "Unit") : std::string();
    unit.exit_code = number_at(properties, "ExecMainCode");
    unit.exit_status = number_at(properties, "ExecMainStatus");
    unit.restarts = number_at(properties, "NRestarts");
    unit.changed = time_at(properties, "StateChangeTimestamp");
    unit.activated = time_at(properties, "ActiveEnterTimestamp");
    unit.main_started = time_at(properties, "ExecMainStartTimestamp");
    unit.triggered = time_at(properties, "LastTriggerUSec");
    return unit;
}

Outcome judge(const Options& options, const Unit& unit, const Restarts& restarts, System now) {
    const bool inactive = unit.active == "inactive";
    if (options.expect == "inactive") {
        if (inactive) return ok("not active, as it should be");
        if (unit.active == "failed") return bad(unit, how_it_failed(unit));
        return bad(unit, "is active, though it should not be");
    }
    if (auto trouble = of_loading(unit)) return *std::move(trouble);
    Outcome outcome;
    if (unit.active == "failed")
        outcome = bad(unit, how_it_failed(unit));
    else if (inactive)
        outcome = of_inactive(unit);
    else if (unit.active == "activating")
        outcome = of_starting(options, unit, now);
    else if (unit.active == "deactivating")
        outcome = degraded("is being stopped");
    else if (unit.active == "maintenance")
        outcome = degraded("in maintenance");
    else
        outcome = of_active(unit);
    if (unit.type.empty()) return outcome;
    return restarts.judge(std::move(outcome), options.restarts_above, "systemd", states(unit), now);
}

Outcome judge_timer(const Options& options, const Unit& timer, const Unit& started, System now) {
    if (auto trouble = of_loading(timer)) return *std::move(trouble);
    if (timer.active == "failed") return bad(timer, "the timer has failed: " + timer.result);
    if (timer.active != "active") return bad(timer, "the timer is not active");
    if (auto trouble = of_loading(started)) {
        trouble->detail = "what it starts: " + trouble->detail;
        return *std::move(trouble);
    }
    const bool bad_result = !started.result.empty() && started.result != "success";
    if (started.active == "failed" || (bad_result && started.active == "inactive"))
        return bad(started, "its last run " + how_it_failed(started));
    const std::string ago =
        timer.triggered ? "ran " + text::about_duration(since(*timer.triggered, now)) + " ago"
                        : "has not run yet";
    Outcome outcome = ok(ago);
    // The first time of a new timer has not come yet.
    const auto from = timer.triggered ? timer.triggered : timer.activated;
    if (options.ran_within && from && since(*from, now) > *options.ran_within)
        outcome = bad(timer, ago);
    if (timer.triggered)
        outcome.with(
            "ran_seconds_ago",
            std::chrono::duration_cast<std::chrono::seconds>(since(*timer.triggered, now)).count());
    return outcome;
}

Outcome judge_all(const Options& options, std::string_view state,
                  const std::vector<std::string>& failed_units) {
    const auto matches = [](const std::vector<std::string>& patterns, const std::string& name) {
        return std::ranges::any_of(
            patterns, [&](const std::string& pattern) { return text::glob_match(pattern, name); });
    };
    std::string names;
    std::size_t count = 0;
    for (const std::string& name : failed_units) {
        if (!matches(options.units, name) || matches(options.ignore, name)) continue;
        names += (count++ == 0 ? "" : ", ") + name;
    }
    constexpr std::size_t longest = 500;
    if (names.size() > longest) names = names.substr(0, longest) + "...";
    Outcome outcome =
        count > 0 ? failed(text::counted(count, "unit") + " failed", ErrorClass::assertion, names)
        : state == "maintenance" ? failed("the system is in maintenance mode")
                                 : ok("no unit has failed");
    return std::move(outcome)
        .with("failed_units", static_cast<std::int64_t>(count))
        .with("system_state", std::string(state));
}

}  // namespace vitals::checks::systemd
