// The meaning of liveness, readiness and startup, for every dialect that has these words.
//
// - live: the engine itself and components with `probes: [live]`. Never a dependency by default: a
//   restart of this process would not repair it. A component that has not run yet does not fail it
//   (startup is for that); a stale or blind one does.
// - ready: every component except the engine, and a line `decommission` (or `shutdown`) while out
//   of service. A component that is not critical may fail without failing the whole. Without
//   components there is a line `components` that does not pass.
// - startup: every component that vitals checks here has had a first result. Reports of others
//   (pushed components, jobs, workers) may come long after the start, or because of it: such a
//   component is part of it only with `probes: [startup]`. If there is no such component, startup
//   waits for nothing.
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

// In name order, the engine first if liveness asks for it. `own`: with vitals' other own
// components.
std::vector<ProbeLine> probe_lines(Probe probe, const Snapshot& snapshot, const Request& request,
                                   bool own);

// `failed` if a critical line does not pass; else `degraded` if any is not ok.
Status overall(const std::vector<ProbeLine>& lines) noexcept;

}  // namespace vitals::dialects
