// What of a component outlives its process or its definition, and how it is taken up again. Pure.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "model/clock.hpp"
#include "model/judge.hpp"
#include "model/remembered.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

// A pushed state that is taken up again.
struct TakenUp {
    std::shared_ptr<const ComponentState> state;
    Judgement judgement;
    Steady silent_at{};  // with a time to live: when silence is failed
};

// How a pushed state stands now. While we were `away` pushes may have been missed: after a long
// absence each component has its whole time to live again, and what has outlived it is unknown, not
// failed.
TakenUp take_up(const RememberedComponent& remembered, std::shared_ptr<const Component> component,
                std::optional<std::chrono::milliseconds> ttl, Clock& clock, Steady::duration away);

// How long a pushed state is valid: the engine turns it failed in time, this is the net below.
Steady::duration pushed_validity(std::optional<std::chrono::milliseconds> ttl) noexcept;

}  // namespace vitals::engine
