// What outlives the process or the definition of a component, and how it is restored. Pure.
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

// A pushed state that is restored.
struct TakenUp {
    std::shared_ptr<const ComponentState> state;
    Judgement judgement;
    Steady silent_at{};  // with a time to live: when silence is failed
};

// The present state of a restored push. While vitals was `away`, pushes may have been missed: after
// a long absence each component has its whole time to live again, and a state that has outlived its
// time is unknown, not failed.
TakenUp take_up(const RememberedComponent& remembered, std::shared_ptr<const Component> component,
                std::optional<std::chrono::milliseconds> ttl, Clock& clock, Steady::duration away);

// How long a pushed state is valid. The engine turns it failed in time; this is the second
// safeguard.
Steady::duration pushed_validity(std::optional<std::chrono::milliseconds> ttl) noexcept;

}  // namespace vitals::engine
