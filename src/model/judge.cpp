// Thresholds and root causes.
#include "model/judge.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

namespace vitals {

std::chrono::milliseconds Policy::interval_at(Pace pace) const {
    constexpr std::chrono::milliseconds least_retry{1'000};
    switch (pace) {
        case Pace::usual:
            break;
        case Pace::retry:
            return std::min(interval, retry_interval.value_or(std::max(interval / 5, least_retry)));
        case Pace::down:
            return std::max(interval, down_interval.value_or(interval));
    }
    return interval;
}

std::chrono::milliseconds Policy::validity(Pace pace) const {
    return valid_for.value_or(2 * std::max(interval, interval_at(pace)) + timeout);
}

std::chrono::milliseconds Policy::told_after() const {
    // The last good run may have begun just before, and outside its tick: at the end of a long run.
    const auto first = std::max(interval, timeout + interval / 2);
    const auto retry = std::max(interval_at(Pace::retry), timeout + retry_pause);
    return first + (failures - 1) * retry + timeout;
}

Judgement judge(const Judgement& before, Status found, const Policy& policy) noexcept {
    Judgement after = before;
    switch (found) {
        case Status::unknown:
            after.status = Status::unknown;
            break;
        case Status::failed:
            ++after.failing_runs;
            after.passing_runs = 0;
            if (after.down || after.failing_runs >= policy.failures) {
                after.down = true;
                after.status = Status::failed;
            }
            break;
        case Status::ok:
        case Status::degraded:
            ++after.passing_runs;
            after.failing_runs = 0;
            if (!after.down || after.passing_runs >= policy.successes) {
                after.down = false;
                after.status = found;
            } else {
                after.status = Status::failed;
            }
            break;
    }
    return after;
}

Pace pace_after(const Judgement& judged, Status found) noexcept {
    if (found != judged.status) return Pace::retry;
    return judged.down ? Pace::down : Pace::usual;
}

std::map<std::string, std::string, std::less<>> root_causes(
    const std::vector<std::shared_ptr<const ComponentState>>& components) {
    std::map<std::string_view, const ComponentState*> failed;
    for (const auto& state : components)
        if (state->judged == Status::failed) failed.emplace(state->name(), state.get());

    // The end of the first chain of failed dependencies. The configuration has no cycles, but
    // pushed or registered components may: a component is not visited twice.
    const std::function<std::string_view(const ComponentState&, std::set<std::string_view>&)> end =
        [&](const ComponentState& state, std::set<std::string_view>& seen) -> std::string_view {
        seen.insert(state.name());
        for (const std::string& dependency : state.component->depends_on) {
            const auto found = failed.find(dependency);
            if (found != failed.end() && !seen.contains(found->first))
                return end(*found->second, seen);
        }
        return state.name();
    };

    std::map<std::string, std::string, std::less<>> causes;
    for (const auto& [name, state] : failed) {
        if (state->component->depends_on.empty()) continue;
        std::set<std::string_view> seen;
        const std::string_view cause = end(*state, seen);
        if (cause != name) causes.emplace(name, cause);
    }
    return causes;
}

}  // namespace vitals
