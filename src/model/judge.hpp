// From what runs find to what is shown: thresholds, the aggregate's parts, root causes. Pure.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "vitals/snapshot.hpp"

namespace vitals {

// When a component is run and how its results are judged. Durations are positive.
struct Policy {
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds timeout{5'000};
    unsigned failures = 1;
    unsigned successes = 1;
    std::optional<std::chrono::milliseconds> valid_for;   // default: 2 x interval + timeout
    std::optional<std::chrono::milliseconds> slow_above;  // a run that takes longer is degraded

    std::chrono::milliseconds validity() const {
        return valid_for.value_or(2 * interval + timeout);
    }
    bool operator==(const Policy&) const = default;
};

struct Judgement {
    Status status = Status::unknown;
    bool down = false;          // turned failed and has not yet recovered, though it may be blind
    unsigned failing_runs = 0;  // consecutive
    unsigned passing_runs = 0;
};

// The judgement after one more run. `failures` consecutive failing runs turn a component failed,
// `successes` passing ones bring it back; until then the status before stays. A blind run
// (`unknown`) shows at once and counts for neither side.
Judgement judge(const Judgement& before, Status found, const Policy& policy) noexcept;

// For every failed component that has a failed component among those it depends on (directly or
// through others): the one at the end of the chain, its root cause.
std::map<std::string, std::string, std::less<>> root_causes(
    const std::vector<std::shared_ptr<const ComponentState>>& components);

}  // namespace vitals
