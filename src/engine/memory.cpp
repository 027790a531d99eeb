#include "engine/memory.hpp"

#include <algorithm>

#include "model/pause.hpp"

namespace vitals::engine {

namespace {

constexpr auto push_grace = std::chrono::seconds(5);
constexpr Steady::duration forever = std::chrono::hours(24 * 365 * 100);

}  // namespace

Steady::duration pushed_validity(std::optional<std::chrono::milliseconds> ttl) noexcept {
    return ttl ? Steady::duration(*ttl + push_grace) : forever;
}

TakenUp take_up(const RememberedComponent& remembered, std::shared_ptr<const Component> component,
                std::optional<std::chrono::milliseconds> ttl, Clock& clock, Steady::duration away) {
    const Steady now = clock.steady();
    const System wall = clock.system();
    const Steady::duration age = remembered.age;
    auto state = std::make_shared<ComponentState>();
    state->component = std::move(component);
    state->since = wall;
    state->valid_until = Steady::max();
    TakenUp taken;
    const bool expired = ttl && age >= *ttl;
    if (remembered.last != nullptr && !expired) {
        state->last = remembered.last;
        state->judged = remembered.status;
        state->failing_runs = remembered.failing_runs;
        state->passing_runs = remembered.passing_runs;
        state->observed = now - age;
        state->observed_at = std::min(remembered.observed_at, wall);
        state->since = remembered.since;
        taken.judgement.status = remembered.status;
        taken.judgement.failing_runs = remembered.failing_runs;
        taken.judgement.passing_runs = remembered.passing_runs;
        taken.judgement.down = remembered.status == Status::failed;
    }
    if (ttl) {
        const bool excused = expired || state->last == nullptr || away > excusing_pause(*ttl);
        taken.silent_at = now + (excused ? *ttl : *ttl - age);
        if (state->last != nullptr)
            state->valid_until = taken.silent_at + pushed_validity(ttl) - *ttl;
    } else if (state->last != nullptr) {
        state->valid_until = now + forever;
    }
    taken.state = std::move(state);
    return taken;
}

}  // namespace vitals::engine
