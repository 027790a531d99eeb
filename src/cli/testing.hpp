// Snapshots for the tests of this room.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "vitals/snapshot.hpp"

namespace vitals::cli::testing {

inline constexpr Steady now{std::chrono::hours(100)};

struct Given {
    std::string name;
    Outcome outcome;
    bool critical = true;
    std::chrono::seconds age{3};
};

// A component whose latest run, that long ago, had this outcome.
inline std::shared_ptr<const ComponentState> state(Given given) {
    auto component = std::make_shared<Component>();
    component->name = std::move(given.name);
    component->kind = "tcp";
    component->critical = given.critical;
    ComponentState made;
    made.component = std::move(component);
    made.judged = given.outcome.status;
    made.last = std::make_shared<const Outcome>(std::move(given.outcome));
    made.observed = now - given.age;
    made.observed_at = System{std::chrono::seconds(1'795'000'000)};
    made.since = made.observed_at;
    made.valid_until = made.observed + std::chrono::seconds(25);
    return std::make_shared<const ComponentState>(std::move(made));
}

inline std::shared_ptr<const ComponentState> never_run(std::string name) {
    auto component = std::make_shared<Component>();
    component->name = std::move(name);
    component->kind = "tcp";
    ComponentState made;
    made.component = std::move(component);
    return std::make_shared<const ComponentState>(std::move(made));
}

inline Snapshot snapshot(std::vector<std::shared_ptr<const ComponentState>> components) {
    Snapshot made;
    made.components = std::move(components);
    made.taken = now;
    return made;
}

inline Outcome took(Outcome outcome, std::chrono::microseconds duration) {
    outcome.duration = duration;
    return outcome;
}

// The text with a newline in front, so that expected texts may begin on their own line.
inline std::string below(const std::string& text) {
    return '\n' + text;
}

}  // namespace vitals::cli::testing
