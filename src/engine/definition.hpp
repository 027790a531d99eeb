// What the engine must know of a component.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/ongoing_run.hpp"
#include "model/judge.hpp"
#include "model/shared.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

// A component that the engine runs or receives.
struct Definition {
    Shared<Component> component;
    Policy policy;
    Run run;  // null: pushed, or reported
    std::optional<std::chrono::milliseconds>
        ttl;  // pushed: failed after longer silence; none: holds
    // Equal texts mean equal definitions; configure() then keeps the state.
    std::string fingerprint;
    bool dynamic = false;   // created by a push; configure() leaves it alone
    bool reported = false;  // by a part of vitals, through report(); cannot be pushed
};

// A component that somebody pushes without a configuration. It takes the service out of service
// only on request. A sender that pushes once and never again does not stay green for ever.
Definition created_by_push(std::string name, bool critical,
                           std::optional<std::chrono::milliseconds> ttl);

}  // namespace vitals::engine
