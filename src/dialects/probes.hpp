// What liveness, readiness and startup mean, for every dialect that has the words.
//
// - live: the engine itself and components that say `probes: [live]`. Never a dependency by
//   default: restarting this process would not bring it back. A component that has not run yet does
//   not fail it (startup is for that); one that is stale or blind does.
// - ready: every component but the engine, and a line `decommission` (or `shutdown`) while out of
//   service. A component that is not critical may fail without failing the whole. Where nothing is
//   watched there is a line `components` that does not pass.
// - startup: every component that is checked from here has had a first result. What others say
//   (pushed components, jobs, workers) may come long after the start, or because of it: such a
//   component is part of it only if it says `probes: [startup]`; where there is none, nothing is
//   waited for.
// - all: as ready, with the engine.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dialects/dialect.hpp"

namespace vitals::dialects {

enum class Probe : std::uint8_t { live, ready, startup, all };

// One thing that a probe asks about; points into the snapshot.
struct ProbeLine {
    std::string_view name;
    Status status = Status::ok;
    const ComponentState* state = nullptr;  // null: not a component
    bool critical = true;

    bool passed() const { return status == Status::ok || status == Status::degraded; }
};

// In name order, the engine first where liveness asks for it. `own`: with vitals' other own
// components.
std::vector<ProbeLine> probe_lines(Probe probe, const Snapshot& snapshot, const Request& request,
                                   bool own);

// `failed` if a critical line does not pass; else `degraded` if any is not ok.
Status overall(const std::vector<ProbeLine>& lines) noexcept;

}  // namespace vitals::dialects
