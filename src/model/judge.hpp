// From what runs find to the shown status: thresholds, the parts of the aggregate, root causes.
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "vitals/snapshot.hpp"

namespace vitals {

// How soon the next run follows a result.
enum class Pace : std::uint8_t {
    usual,
    retry,  // a threshold holds a change back
    down,   // the component has turned failed
};

// A run that took longer than `retry_interval` is followed by the next one after this time.
inline constexpr std::chrono::milliseconds retry_pause{100};

// When a component is run and how its results are judged. Durations are positive.
struct Policy {
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds timeout{5'000};
    unsigned failures = 1;
    unsigned successes = 1;
    std::optional<std::chrono::milliseconds> valid_for;   // default: 2 x interval + timeout
    std::optional<std::chrono::milliseconds> slow_above;  // a run that takes longer is degraded
    // Default: a fifth of the interval, at least 1 s; never longer than the interval.
    std::optional<std::chrono::milliseconds> retry_interval;
    std::optional<std::chrono::milliseconds> down_interval;  // default: the interval; never shorter

    std::chrono::milliseconds interval_at(Pace pace) const;
    // How long a result with this pace is fresh.
    std::chrono::milliseconds validity(Pace pace = Pace::usual) const;
    // The longest time from the moment at which every run begins to fail until the component is
    // failed.
    std::chrono::milliseconds told_after() const;
    bool operator==(const Policy&) const = default;
};

struct Judgement {
    Status status = Status::unknown;
    bool down = false;          // turned failed and has not yet recovered, though it may be blind
    unsigned failing_runs = 0;  // consecutive
    unsigned passing_runs = 0;
};

// The judgement after one more run. `failures` consecutive failing runs turn a component failed,
// `successes` passing ones bring it back; until then it keeps its status. A blind run (`unknown`)
// shows at once and counts for neither side.
Judgement judge(const Judgement& before, Status found, const Policy& policy) noexcept;

// The pace after a run with this result and this judgement.
Pace pace_after(const Judgement& judged, Status found) noexcept;

// The root cause of every failed component that depends on a failed component, directly or through
// others: the component at the end of the chain.
std::map<std::string, std::string, std::less<>> root_causes(
    const std::vector<std::shared_ptr<const ComponentState>>& components);

}  // namespace vitals
