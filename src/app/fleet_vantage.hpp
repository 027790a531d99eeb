// A check that this node does for all nodes: it runs, is judged by its thresholds, and what it
// finds is told. Of FleetPart alone, on the engine's thread.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "app/assemble.hpp"
#include "app/fleet_part.hpp"

namespace vitals::app {

struct FleetPart::Own {
    Own(FleetPart& part, const config::ComponentConfig& config)
        : definition(checked_definition_of(config)),
          judged(definition.component.pointer(), part.clock_.system()),
          runner(part.environment_, part.clock_, definition.component.pointer(), definition.policy,
                 definition.run,
                 engine::Runner::Owner{
                     [this, &part](Outcome outcome) { return take(part, std::move(outcome)); },
                     [](const engine::Schedule::Wake&) {}}) {
        runner.start(
            std::min<Steady::duration>(std::chrono::seconds(1), definition.policy.interval));
    }
    engine::Runner::Owner::Taken take(FleetPart& part, Outcome outcome) {
        const Steady now = part.clock_.steady();
        engine::judge_duration(outcome, definition.policy);
        const auto verdict = judged.take(outcome, definition.policy, now, part.clock_.system());
        const ComponentState& state = *judged.state();
        part.member_->found(definition.component->name, *state.last, state.judged,
                            state.valid_until - now, now);
        return {verdict.wanted, judged.state()};
    }

    // The same definition, with fresher secrets.
    void renew(const config::ComponentConfig& config) {
        engine::Definition fresh = checked_definition_of(config);
        definition.component = std::move(fresh.component);
        definition.run = std::move(fresh.run);
        judged.describe(definition.component.pointer());
        runner.replace(definition.component.pointer(), definition.run);
    }

    engine::Definition definition;
    engine::Judged judged;
    engine::Runner runner;
};

}  // namespace vitals::app
