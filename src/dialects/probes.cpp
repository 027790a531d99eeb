// Liveness, readiness, startup.
#include "dialects/probes.hpp"

#include <algorithm>
#include <array>

namespace vitals::dialects {

namespace {

constexpr std::string_view engine_name = "vitals/engine";

bool says(const ComponentState& state, std::string_view probe) {
    return std::ranges::find(state.component->probes, probe) != state.component->probes.end();
}

bool holds_back_the_start(const ComponentState& state) {
    constexpr std::array<std::string_view, 3> told_by_others{"push", "job", "workers"};
    return std::ranges::find(told_by_others, state.component->kind) == told_by_others.end() ||
           says(state, "startup");
}

ProbeLine liveness(const ComponentState& state, Steady now) {
    return {state.name(), state.last == nullptr ? Status::ok : state.status(now), &state};
}

ProbeLine startup(const ComponentState& state) {
    return {state.name(), state.last == nullptr ? Status::unknown : Status::ok, &state};
}

}  // namespace

std::vector<ProbeLine> probe_lines(Probe probe, const Snapshot& snapshot, const Request& request,
                                   bool own) {
    std::vector<ProbeLine> lines;
    const auto seen = visible(snapshot, request, own);
    // Liveness is about the engine: no filter hides it there.
    const ComponentState* engine = snapshot.find(engine_name);
    if (probe == Probe::live && engine != nullptr) lines.push_back(liveness(*engine, request.now));
    for (const ComponentState* state : seen) {
        switch (probe) {
            case Probe::live:
                if (says(*state, "live") && state != engine)
                    lines.push_back(liveness(*state, request.now));
                break;
            case Probe::startup:
                if (holds_back_the_start(*state)) lines.push_back(startup(*state));
                break;
            case Probe::ready:
            case Probe::all:
                if (state != engine || probe == Probe::all)
                    lines.push_back({state->name(), state->status(request.now), state,
                                     state->component->critical});
        }
    }
    if (probe != Probe::ready && probe != Probe::all) return lines;
    if (!any_watched(seen) && overall_status(snapshot, seen, request) == Status::unknown)
        lines.push_back({"components", Status::unknown});
    if (const Decommission& out = snapshot.decommission; out.active())
        lines.push_back({out.draining ? "shutdown" : "decommission", Status::failed});
    return lines;
}

Status overall(const std::vector<ProbeLine>& lines) noexcept {
    Status found = Status::ok;
    for (const ProbeLine& line : lines) {
        if (!line.passed() && line.critical) return Status::failed;
        if (line.status != Status::ok) found = Status::degraded;
    }
    return found;
}

}  // namespace vitals::dialects
