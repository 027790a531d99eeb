#include "judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "backends/json_api/json_api.hpp"
#include "model/clock.hpp"
#include "text/amount.hpp"

namespace vitals::checks::container {

namespace {

using std::chrono::milliseconds;
namespace api = backends::json_api;
namespace json = boost::json;

constexpr milliseconds usual_starting = std::chrono::minutes(2);
constexpr milliseconds usual_interval = std::chrono::seconds(30);  // also the usual timeout
// This many intervals without a health check are not a delay.
constexpr int intervals_missed = 3;

bool is_set(const json::value& document, std::string_view pointer) {
    return api::flag_at(document, pointer).value_or(false);
}

std::int64_t whole_at(const json::value& document, std::string_view pointer) {
    return api::whole_at(document, pointer).value_or(0);
}

// The first moment of year 1 means never.
std::optional<System> time_at(const json::value& document, std::string_view pointer) {
    const auto time = parse_rfc3339(api::text_at(document, pointer));
    if (!time || *time <= System()) return std::nullopt;
    return time;
}

// Nanoseconds; 0 means the default.
milliseconds span_at(const json::value& document, std::string_view pointer, milliseconds usual) {
    const std::int64_t nanoseconds = whole_at(document, pointer);
    if (nanoseconds <= 0) return usual;
    return std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(nanoseconds));
}

std::optional<System> last_check(const json::value& document) {
    const json::value* const log = api::find(document, "/State/Health/Log");
    if (log == nullptr || !log->is_array() || log->get_array().empty()) return std::nullopt;
    return time_at(log->get_array().back(), "/End");
}

milliseconds since(System then, System now) {
    return std::max(std::chrono::duration_cast<milliseconds>(now - then), milliseconds(0));
}

std::string in_words(const State& state) {
    std::string text = fmt::format("{}: {}, pid {}", state.name, state.status, state.pid);
    if (!state.health.empty()) text += fmt::format(", {}, {} failing", state.health, state.failing);
    return text;
}

Outcome bad(const State& state, std::string detail) {
    return failed(std::move(detail), ErrorClass::assertion, in_words(state));
}

std::string how_it_ended(const State& state) {
    return fmt::format("exited with code {}{}", state.exit_code,
                       state.out_of_memory ? ", out of memory" : "");
}

// Why it does not run; empty if it runs.
std::optional<Outcome> of_running(const State& state) {
    if (state.dead) return bad(state, "dead");
    if (state.paused || state.status == "paused") return bad(state, "paused");
    if (state.restarting || state.status == "restarting")
        return bad(state, "died, waits to be restarted: " + how_it_ended(state));
    if (state.running && state.pid > 0) return std::nullopt;
    if (!state.started && !state.running) return bad(state, "never started");
    if (state.status == "removing") return bad(state, "is being removed");
    if (state.running) return bad(state, "has no process");
    return bad(state, how_it_ended(state));
}

Outcome of_starting(const Options& options, const State& state, System now) {
    const milliseconds taken = state.started ? since(*state.started, now) : milliseconds(0);
    const milliseconds usual =
        std::max(usual_starting, state.start_period + intervals_missed * state.check_every);
    const std::string text = "not healthy yet, for " + text::about_duration(taken);
    return taken > options.starting_above.value_or(usual) ? degraded(text) : ok(text);
}

Outcome of_health(const Options& options, const State& state, System now) {
    if (options.health == "ignore") return ok("running");
    if (state.health.empty() && options.health == "required")
        return bad(state, "has no health check");
    if (state.health.empty()) return ok("running");
    if (state.health == "starting") return of_starting(options, state, now);
    if (state.health != "healthy") return bad(state, "unhealthy");
    // Podman leaves health checks to timers of systemd.
    if (state.checked && since(*state.checked, now) > intervals_missed * state.check_every)
        return degraded("its health was last checked " +
                        text::about_duration(since(*state.checked, now)) + " ago");
    return ok("running and healthy");
}

}  // namespace

std::optional<State> state_of(const json::value& document) {
    State state;
    state.id = api::text_at(document, "/Id");
    state.status = api::text_at(document, "/State/Status");
    const auto running = api::flag_at(document, "/State/Running");
    if (state.id.empty() || state.status.empty() || !running) return std::nullopt;
    state.name = api::text_at(document, "/Name");
    if (state.name.starts_with('/')) state.name.erase(0, 1);
    state.running = *running;
    state.paused = is_set(document, "/State/Paused");
    state.restarting = is_set(document, "/State/Restarting");
    state.dead = is_set(document, "/State/Dead");
    state.out_of_memory = is_set(document, "/State/OOMKilled");
    state.pid = whole_at(document, "/State/Pid");
    state.exit_code = whole_at(document, "/State/ExitCode");
    state.restarts =
        static_cast<std::uint64_t>(std::max<std::int64_t>(whole_at(document, "/RestartCount"), 0));
    state.started = time_at(document, "/State/StartedAt");
    state.health = api::text_at(document, "/State/Health/Status");
    if (state.health == "none") state.health.clear();
    state.failing = whole_at(document, "/State/Health/FailingStreak");
    state.checked = last_check(document);
    state.check_every = span_at(document, "/Config/Healthcheck/Interval", usual_interval) +
                        span_at(document, "/Config/Healthcheck/Timeout", usual_interval);
    state.start_period = span_at(document, "/Config/Healthcheck/StartPeriod", milliseconds(0));
    return state;
}

Outcome judge(const Options& options, const State& state, const Restarts& restarts, System now) {
    if (auto trouble = of_running(state)) return *std::move(trouble);
    Outcome outcome = of_health(options, state, now);
    return restarts.judge(std::move(outcome), options.restarts_above, "its engine", in_words(state),
                          now);
}

}  // namespace vitals::checks::container
