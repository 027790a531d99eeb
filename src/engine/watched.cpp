#include "engine/watched.hpp"

#include <utility>

namespace vitals::engine {

namespace {

constexpr std::chrono::milliseconds usual_ttl{60'000};  // of a component that a push created

}  // namespace

Definition created_by_push(std::string name, bool critical,
                           std::optional<std::chrono::milliseconds> ttl) {
    Definition definition;
    Component& component = definition.component.edit();
    component.name = std::move(name);
    component.kind = "push";
    component.critical = critical;
    component.created_by_push = true;
    definition.dynamic = true;
    definition.ttl = ttl.value_or(usual_ttl);
    return definition;
}

Watched::Watched(Definition given, net::Loop& loop, System now)
    : definition(std::move(given)), judged(definition.component.pointer(), now) {
    if (pushed()) silence_timer.emplace(loop);
}

RememberedComponent Watched::remembered(Steady now) const {
    if (judged.before()) return *judged.before();  // until there is a verdict
    const ComponentState& known = state();
    RememberedComponent remembered;
    remembered.component = known.name();
    remembered.status = known.judged;
    remembered.since = known.since;
    remembered.created_by_push = definition.dynamic;
    remembered.critical = definition.component->critical;
    remembered.ttl = definition.dynamic ? definition.ttl : given_ttl;
    remembered.failing_runs = known.failing_runs;
    remembered.passing_runs = known.passing_runs;
    remembered.observed_at = known.observed_at;
    remembered.age = known.last == nullptr ? Steady::duration{} : now - known.observed;
    if (pushed()) remembered.last = known.last;
    return remembered;
}

}  // namespace vitals::engine
