// The state of the engine itself: how late its loop wakes, which runs were missed, which calls
// hang, how many descriptors are left. The source of the component vitals/engine. Time is an
// argument.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "engine/schedule.hpp"
#include "net/environment.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

// Descriptors of this process: files, sockets, connections.
struct Descriptors {
    std::uint64_t left = 0, limit = 0;
};
// How many there are, roughly: the kernel always gives the lowest free number.
Descriptors count_descriptors();

class SelfWatch {
  public:
    explicit SelfWatch(std::function<Descriptors()> count = count_descriptors)
        : count_(std::move(count)) {}

    // Whether a run may begin: whoever asks vitals needs descriptors, too, so an eighth of them is
    // kept for that, but at most 1024.
    bool may_begin(Steady now);
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
    std::function<Descriptors()> count_;
    Descriptors descriptors_;             // as counted last
    std::uint64_t begun_ = 0;             // runs since then
    std::optional<Steady> held_back_at_;  // the latest run that could not begin
};

}  // namespace vitals::engine
