// The state of the engine itself: how late its loop wakes, which runs were missed, which calls
// hang. The source of the component vitals/engine. Pure: time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/schedule.hpp"
#include "net/environment.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

class SelfWatch {
  public:
    void woke(const Schedule::Wake& woken, Steady now);
    void woke_late(Steady::duration late);
    void shard_turned_late(Steady::duration late);  // likewise, of a thread that runs checks
    // Once a second: the new figures, and their verdict.
    Outcome report(Steady now, const std::vector<net::LaneFigures>& lanes, std::uint64_t running);
    const EngineFigures& figures() const noexcept { return figures_; }

  private:
    EngineFigures figures_;
    Steady::duration lag_{};        // the largest since the last report
    Steady::duration shard_lag_{};  // likewise
    std::optional<Steady> missed_at_;
};

}  // namespace vitals::engine
