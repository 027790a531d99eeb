// One run of each component, on its own loop.
#include "app/check_once.hpp"

#include "app/assemble.hpp"
#include "engine/judged.hpp"
#include "engine/ongoing_run.hpp"
#include "model/clock.hpp"
#include "model/mask.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"

namespace vitals::app {

namespace {

std::shared_ptr<ComponentState> state_of(std::shared_ptr<const Component> component,
                                         Outcome outcome, const Clock& clock) {
    mask(outcome);
    auto state = std::make_shared<ComponentState>();
    state->component = std::move(component);
    state->judged = outcome.status;
    ++state->runs[static_cast<std::size_t>(outcome.status)];
    state->last = std::make_shared<Outcome>(std::move(outcome));
    state->observed = clock.steady();
    state->observed_at = clock.system();
    state->since = state->observed_at;
    state->valid_until = Steady::max();
    return state;
}

}  // namespace

std::vector<std::shared_ptr<const ComponentState>> check_once(
    const std::vector<config::ComponentConfig>& components) {
    Clock& clock = real_clock();
    net::Loop loop;
    net::Environment environment(loop, std::max<std::size_t>(16, components.size()));
    std::vector<std::shared_ptr<const ComponentState>> states(components.size());
    std::vector<std::unique_ptr<engine::OngoingRun>> runs;
    std::size_t left = 0;
    for (std::size_t i = 0; i < components.size(); ++i) {
        const engine::Definition definition = checked_definition_of(components[i]);
        if (!definition.run) {
            states[i] = state_of(definition.component.pointer(),
                                 unknown("pushed: only a daemon knows"), clock);
            continue;
        }
        ++left;
        auto done = [&, i, policy = definition.policy](Outcome outcome) {
            engine::judge_duration(outcome, policy);
            states[i] = state_of(components[i].component.pointer(), std::move(outcome), clock);
            if (--left == 0) loop.stop();
        };
        runs.push_back(std::make_unique<engine::OngoingRun>(
            environment, clock, definition.component->name, definition.component->kind,
            definition.run, definition.policy.timeout, std::move(done)));
    }
    if (left > 0) loop.run();
    return states;
}

}  // namespace vitals::app
