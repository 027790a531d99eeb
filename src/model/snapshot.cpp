// Reading a snapshot: names, details, the aggregate.
#include "vitals/snapshot.hpp"
#include "text/amount.hpp"

#include <algorithm>

namespace vitals {

std::string_view Component::group() const noexcept {
    const auto slash = name.find('/');
    return slash == std::string::npos ? std::string_view()
                                      : std::string_view(name).substr(0, slash);
}

std::string_view Component::short_name() const noexcept {
    const auto slash = name.find('/');
    return slash == std::string::npos ? std::string_view(name)
                                      : std::string_view(name).substr(slash + 1);
}

std::string ComponentState::detail(Steady now) const {
    if (last == nullptr) return "not run yet";
    if (stale(now)) return "stale";
    if (judged == last->status) return last->detail;
    // A threshold holds back a change: the detail is the shown status and the count so far.
    std::string text;
    if (failing_runs > 0) {
        text = judged == Status::unknown ? "not judged yet" : std::string(to_string(judged));
        text += ", " + text::counted(failing_runs, "failing run");
    } else {
        text = "recovering, " + text::counted(passing_runs, "passing run");
    }
    if (!last->detail.empty()) text += ": " + last->detail;
    return text;
}

const ComponentState* Snapshot::find(std::string_view name) const noexcept {
    const auto at = std::lower_bound(
        components.begin(), components.end(), name,
        [](const auto& state, std::string_view wanted) { return state->name() < wanted; });
    return at != components.end() && (*at)->name() == name ? at->get() : nullptr;
}

Status aggregate(const std::vector<const ComponentState*>& components, Steady now) noexcept {
    bool any_failed = false;
    bool any_unknown = false;
    bool any_not_ok = false;
    bool any_watched = false;
    for (const ComponentState* state : components) {
        any_watched = any_watched || !state->component->own;
        const Status status = state->status(now);
        if (status == Status::ok) continue;
        any_not_ok = true;
        if (!state->component->critical) continue;
        any_failed = any_failed || status == Status::failed;
        any_unknown = any_unknown || status == Status::unknown;
    }
    if (any_failed) return Status::failed;
    if (any_unknown || !any_watched) return Status::unknown;
    return any_not_ok ? Status::degraded : Status::ok;
}

}  // namespace vitals
