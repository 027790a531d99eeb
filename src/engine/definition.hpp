// What the engine is told of a component.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/ongoing_run.hpp"
#include "model/judge.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

// A component as it is to be watched.
struct Definition {
    Component component;
    Policy policy;
    Run run;                                       // null: pushed, or reported
    std::optional<std::chrono::milliseconds> ttl;  // pushed: silent longer is failed; none: holds
    // Equal text means: the same definition; its state is kept by configure().
    std::string fingerprint;
    bool dynamic = false;   // created by a push; configure() leaves it alone
    bool reported = false;  // by a part of vitals, through report(); cannot be pushed
};

// A component that somebody pushes without its being configured. It takes nothing out of service
// unless that is asked for, and who pushes once and never again does not stay green for ever.
Definition created_by_push(std::string name, bool critical,
                           std::optional<std::chrono::milliseconds> ttl);

}  // namespace vitals::engine
