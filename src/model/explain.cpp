#include "model/explain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals {

namespace {

constexpr auto looked_back = std::chrono::minutes(10);
constexpr std::size_t most_before = 8;

using Step = Explanation::Step;

std::string_view came_to(const Outcome& outcome) {
    switch (outcome.error_class) {
        case ErrorClass::timeout:
            return "timed out";
        case ErrorClass::local:
            return "could not look";
        case ErrorClass::assertion:
            return "not as expected";
        case ErrorClass::auth:
            return "refused";
        default:
            return outcome.status == Status::degraded ? "degraded" : "failed";
    }
}

std::chrono::microseconds usual_of(const UsualTimes& usual, std::string_view phase) {
    const auto found = std::ranges::find(usual.phases, phase, &UsualTimes::Phase::name);
    return found == usual.phases.end() ? std::chrono::microseconds{} : found->usual;
}

// The phases of the run, and those of a usual run that it did not reach.
std::vector<Step> steps_of(const Outcome& outcome, const UsualTimes& usual) {
    std::vector<Step> steps;
    for (const Phase& phase : outcome.phases) {
        Step& step = steps.emplace_back();
        step.name = phase.name;
        step.took = phase.duration;
        step.usual = usual_of(usual, phase.name);
        step.failed = !outcome.failed_phase.empty() && phase.name == outcome.failed_phase;
        step.came_to = step.failed ? came_to(outcome) : "ok";
    }
    const auto named = [&](std::string_view name) {
        return std::ranges::find(steps, name, &Step::name) != steps.end();
    };
    if (!outcome.failed_phase.empty() && !named(outcome.failed_phase))
        steps.push_back({.name = outcome.failed_phase,
                         .took = std::nullopt,
                         .usual = usual_of(usual, outcome.failed_phase),
                         .came_to = std::string(came_to(outcome)),
                         .failed = true});
    const bool broke_off = !outcome.failed_phase.empty();
    // A phase of a usual run that this run lacks stands after its predecessor.
    std::size_t place = 0;
    for (const UsualTimes::Phase& phase : usual.phases) {
        const auto at = std::ranges::find(steps, phase.name, &Step::name);
        if (at != steps.end()) {
            place = static_cast<std::size_t>(at - steps.begin()) + 1;
            continue;
        }
        const bool behind =
            broke_off && std::any_of(steps.begin(), steps.begin() + static_cast<long>(place),
                                     [](const Step& step) { return step.failed; });
        steps.insert(steps.begin() + static_cast<long>(place),
                     {.name = phase.name,
                      .took = std::nullopt,
                      .usual = phase.usual,
                      .came_to = behind ? "not reached" : "not needed"});
        ++place;
    }
    return steps;
}

std::string meaning_of_error(const Outcome& outcome) {
    const std::string& phase = outcome.failed_phase;
    const std::string where = phase.empty() ? "" : fmt::format(" in the phase {}", phase);
    switch (outcome.error_class) {
        case ErrorClass::none:
            return {};
        case ErrorClass::resolve:
            return "The name does not lead to an address, so nobody was asked. The name or the "
                   "name server is wrong.";
        case ErrorClass::connect:
            if (outcome.error.find("refused") != std::string::npos ||
                outcome.detail.find("refused") != std::string::npos)
                return "The machine answered at once, so it is up and reachable: nothing listens "
                       "there.";
            return "No connection came about: the machine, the way to it, or a firewall.";
        case ErrorClass::tls:
            return "There is a connection, but no trust: the certificate, its name, its time, or "
                   "the protocol does not fit.";
        case ErrorClass::auth:
            return "It is there and refuses who vitals says it is: user, password, or rights.";
        case ErrorClass::protocol:
            return "Something answered, but not in the way that its protocol asks for.";
        case ErrorClass::assertion:
            return "It answered, but the answer is not what the check expects.";
        case ErrorClass::timeout:
            return fmt::format("It did not answer in time{}. It may be overloaded, or hung.",
                               where);
        case ErrorClass::local:
            return "vitals itself could not look. This says nothing about the component.";
    }
    return {};
}

std::string meaning_of(const ComponentState& state, const std::string& cause, Steady now) {
    if (state.last == nullptr)
        return state.component->kind == "push" ? "Nobody has reported it yet."
                                               : "It has not run yet.";
    if (state.stale(now))
        return state.component->kind == "push"
                   ? "Who reports it has fallen silent. What it reported last holds no longer."
                   : "Its runs no longer end in time. What the last one found holds no longer.";
    std::string text = meaning_of_error(*state.last);
    if (text.empty())
        text = state.last->status == Status::ok ? "All that the check asks for holds."
               : state.last->status == Status::degraded
                   ? "It works, but something is not as it should be."
                   : "";
    if (!cause.empty())
        text += fmt::format("{}It needs {}, which is not ok either: look there first.",
                            text.empty() ? "" : " ", cause);
    return text;
}

std::string runs_in_a_row(unsigned count, std::string_view what) {
    return count == 1 ? fmt::format("1 run that {}", what)
                      : fmt::format("{} runs in a row that {}", count, what);
}

std::string times(unsigned count, std::string_view what) {
    return fmt::format("{} {} run{}", count, what, count == 1 ? "" : "s");
}

std::string rule_of(const ComponentState& state, Steady now) {
    const Component& component = *state.component;
    const auto valid = state.valid_until - state.observed;
    if (state.last == nullptr) return "Before the first result it is unknown.";
    if (state.stale(now))
        return fmt::format("A result is valid for {}; the last one is {} old.",
                           text::spoken_age(valid), text::spoken_age(now - state.observed));
    if (component.kind == "group") return "It follows from its members, by the same snapshot.";
    const bool pushed = component.kind == "push";
    const std::string recovers = times(component.successes, "ok");
    if (state.judged == Status::ok) {
        if (state.failing_runs > 0)
            return fmt::format("{}; {} make it failed.",
                               runs_in_a_row(state.failing_runs, "failed"),
                               times(component.failures, "failing"));
        if (pushed) return "It is what was reported last.";
        return fmt::format("The last run passed; {} it failed.",
                           component.failures == 1
                               ? "1 failing run makes"
                               : times(component.failures, "failing") + " make");
    }
    if (state.judged == Status::failed) {
        if (state.passing_runs > 0)
            return fmt::format("{}; {} bring it back.", runs_in_a_row(state.passing_runs, "passed"),
                               recovers);
        if (pushed) return "It is what was reported last.";
        return fmt::format(
            "{}; {} it failed, {} it back.",
            runs_in_a_row(std::max(state.failing_runs, 1u), "failed"),
            component.failures == 1 ? "1 makes" : fmt::format("{} make", component.failures),
            component.successes == 1 ? "1 ok run brings" : recovers + " bring");
    }
    if (state.judged == Status::degraded) return "The last run was degraded.";
    return "The last run could not find out.";
}

std::string told(const Happening& happening) {
    using What = Happening::What;
    const auto with = [&](std::string_view words) {
        std::string line(words);
        if (!happening.text.empty())
            line += (line.empty() ? "" : ": ") + text::one_line(happening.text);
        if (!happening.by.empty()) line += " (" + text::one_line(happening.by) + ")";
        return line;
    };
    switch (happening.what) {
        case What::transition:
            return with(to_string(happening.to));
        case What::reloaded:
            return with("the configuration was loaded");
        case What::started:
            return with("vitals started");
        case What::decommissioned:
            return with("out of service");
        case What::recommissioned:
            return with("back in service");
        case What::silenced:
            return with("silenced");
        case What::unsilenced:
            return with("heard again");
        case What::acted:
            return happening.text;
        default:
            return with("");
    }
}

bool worth_telling(const Happening& happening, const Component& component) {
    using What = Happening::What;
    switch (happening.what) {
        case What::transition:
            // Events of what it needs; its own changes stand elsewhere.
            return std::ranges::find(component.depends_on, happening.component) !=
                   component.depends_on.end();
        case What::decommissioned:
        case What::recommissioned:
        case What::reloaded:
        case What::started:
            return true;
        case What::announced:
        case What::noticed:
        case What::acted:
        case What::silenced:
        case What::unsilenced:
            return happening.component.empty() || happening.component == component.name ||
                   std::ranges::find(component.depends_on, happening.component) !=
                       component.depends_on.end();
        default:
            return false;
    }
}

std::vector<Explanation::Before> before_of(const ComponentState& state, const Board& board) {
    std::vector<Explanation::Before> found;
    const auto take = [&](const Happening& happening) {
        if (!worth_telling(happening, *state.component)) return;
        found.push_back({happening.at, happening.component, told(happening)});
    };
    const IncidentRecord* incident = board.incident_of(state.name());
    if (incident != nullptr && !incident->before.empty()) {
        for (const Happening& happening : incident->before) take(happening);
    } else {
        for (const auto& happening : board.happenings)  // the newest first
            if (happening->at <= state.since && state.since - happening->at <= looked_back)
                take(*happening);
        std::ranges::reverse(found);
    }
    if (found.size() > most_before)
        found.erase(found.begin(), found.end() - static_cast<long>(most_before));
    return found;
}

}  // namespace

LastFailure last_failure(const Past& past) {
    LastFailure found;
    for (std::size_t i = 0; i < past.spans.size(); ++i) {
        const StateSpan& span = past.spans[i];
        if (span.state == Spent::unwatched) continue;
        if (found.watched_since == System{}) found.watched_since = std::max(span.start, past.from);
        if (span.state != Spent::failed) continue;
        found.lasts = i + 1 == past.spans.size();
        found.seen = {std::max(span.start, past.from),
                      found.lasts ? past.now : past.spans[i + 1].start};
    }
    return found;
}

bool is_asked(const Component& component) {
    constexpr std::array<std::string_view, 5> others{"push", "job", "group", "workers",
                                                     "objective"};
    return !component.own && std::ranges::find(others, component.kind) == others.end();
}

Explanation explain(const ComponentState& state, const Snapshot& snapshot, const Board& board,
                    const UsualTimes& usual, Steady now) {
    Explanation made;
    if (const auto cause = snapshot.causes.find(state.name()); cause != snapshot.causes.end())
        made.cause = cause->second;
    if (const auto action = board.actions.find(state.name()); action != board.actions.end())
        made.action = to_string(action->second);
    if (state.last != nullptr) {
        made.phases = steps_of(*state.last, usual);
        made.took = state.last->duration;
        made.saw = text::one_line(state.last->detail);
        if (made.saw.empty()) made.saw = to_string(state.last->status);
        made.error = text::one_line(state.last->error);
    }
    made.usual = usual.p50;
    made.means = meaning_of(state, made.cause, now);
    made.rule = rule_of(state, now);
    if (usual.last_ok != System{}) made.last_ok = usual.last_ok;
    if (state.judged != Status::ok) made.before = before_of(state, board);
    return made;
}

}  // namespace vitals
