// What outlives the process of components and workers. Pure.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "vitals/snapshot.hpp"

namespace vitals {

// Since when a component has its status; for a pushed component also what was pushed.
struct RememberedComponent {
    std::string component;
    Status status = Status::unknown;  // after thresholds
    System since{};
    bool created_by_push = false;
    bool critical = true;
    // The time to live that came with the push; a created component always has one.
    std::optional<std::chrono::milliseconds> ttl;
    unsigned failing_runs = 0, passing_runs = 0;
    System observed_at{};
    Steady::duration age{};               // of what was pushed
    std::shared_ptr<const Outcome> last;  // null: nothing was pushed
    bool operator==(const RememberedComponent&) const = default;
};

// A worker that has been heard.
struct RememberedWorker {
    std::string group;
    std::string name;
    System sent{};      // by its clock
    System heard{};     // by ours
    bool left = false;  // it deregistered
    bool operator==(const RememberedWorker&) const = default;
};

}  // namespace vitals
