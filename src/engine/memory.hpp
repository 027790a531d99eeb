// What of a component outlives its process or its definition, and how it is taken up again. Pure.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "model/clock.hpp"
#include "model/judge.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

// Since when a component has been what it is; of one that is pushed also what was pushed.
struct Remembered {
    std::string component;
    Status status = Status::unknown;  // after thresholds
    System since{};
    bool created_by_push = false;
    bool critical = true;
    // The time to live that came with the push; of a created one always.
    std::optional<std::chrono::milliseconds> ttl;
    unsigned failing_runs = 0, passing_runs = 0;
    System observed_at{};
    Steady::duration age{};               // of what was pushed
    std::shared_ptr<const Outcome> last;  // null: nothing was pushed
};

// A pushed state that is taken up again.
struct TakenUp {
    std::shared_ptr<const ComponentState> state;
    Judgement judgement;
    Steady silent_at{};  // with a time to live: when silence is failed
};

// How a pushed state stands now. While we were `away` pushes may have been missed: after a long
// absence each component has its whole time to live again, and what has outlived it is unknown, not
// failed.
TakenUp take_up(const Remembered& remembered, std::shared_ptr<const Component> component,
                std::optional<std::chrono::milliseconds> ttl, Clock& clock, Steady::duration away);

// How long a pushed state is valid: the engine turns it failed in time, this is the net below.
Steady::duration pushed_validity(std::optional<std::chrono::milliseconds> ttl) noexcept;

}  // namespace vitals::engine
