// Explains the status of a component: its latest run phase by phase, what that means, the rule of
// the verdict, and what happened just before. Pure: it uses only what is known and asks nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "model/board.hpp"
#include "model/past.hpp"
#include "model/responses.hpp"
#include "vitals/snapshot.hpp"

namespace vitals {

// Whether vitals runs its check. Other states are reported (push, job) or follow from other
// components.
bool is_asked(const Component& component);

struct Explanation {
    struct Step {
        std::string name;
        std::optional<std::chrono::nanoseconds> took;  // nothing: the run did not reach it
        std::chrono::microseconds usual{};             // zero: nothing is known
        std::string came_to;                           // `ok`, `timed out`, `not reached`
        bool failed = false;
        bool operator==(const Step&) const = default;
    };
    struct Before {
        System at{};
        std::string component;  // or empty
        std::string what;       // one line
        bool operator==(const Before&) const = default;
    };

    std::vector<Step> phases;  // in the order of a run; empty where a kind names none
    std::chrono::nanoseconds took{};
    std::chrono::microseconds usual{};  // of a whole run; zero: nothing is known
    std::string saw;                    // what the run found, in public words
    std::string error;                  // what the other side said; private
    std::string means;                  // in a sentence or two
    std::string rule;                   // why the verdict is what it is
    std::optional<System> last_ok;      // since vitals started
    std::string cause;                  // a component that explains it, or empty
    std::string action;                 // what vitals does about it, or empty; private
    // What else happened in the ten minutes before the status became what it is, oldest first.
    // Private.
    std::vector<Before> before;
};

// The last failure of a component, as far back as the history goes.
struct LastFailure {
    std::optional<Stretch> seen;  // nothing: never
    bool lasts = false;           // it is now; `seen` ends now
    System watched_since{};       // the epoch: nothing is known
};
LastFailure last_failure(const Past& past);

// At that moment. `board` may be empty.
Explanation explain(const ComponentState& state, const Snapshot& snapshot, const Board& board,
                    const UsualTimes& usual, Steady now);

}  // namespace vitals
