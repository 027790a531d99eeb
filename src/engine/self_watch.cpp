#include "engine/self_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace vitals::engine {

namespace {

using namespace std::chrono_literals;

// Below this, a late loop means a busy machine, not a broken engine: it misses no deadline.
constexpr auto lag_worth_telling = 1s;
constexpr auto missed_ticks_remembered = 60s;

}  // namespace

void SelfWatch::woke(const Schedule::Wake& woken, Steady now) {
    woke_late(woken.late);
    if (woken.missed == 0) return;
    figures_.missed_ticks += woken.missed;
    missed_at_ = now;
}

void SelfWatch::woke_late(Steady::duration late) {
    lag_ = std::max(lag_, late);
}

void SelfWatch::shard_turned_late(Steady::duration late) {
    shard_lag_ = std::max(shard_lag_, late);
}

Outcome SelfWatch::report(Steady now, const std::vector<net::LaneFigures>& lanes,
                          std::uint64_t running) {
    const Steady::duration own = std::exchange(lag_, {});
    const Steady::duration shard = std::exchange(shard_lag_, {});
    figures_.lag = std::max(own, shard);
    figures_.running = running;
    figures_.hung = 0;
    std::string full;
    for (const net::LaneFigures& lane : lanes) {
        figures_.hung += lane.hung;
        if (lane.limit > 0 && lane.hung >= lane.limit) full = lane.kind;
    }
    if (figures_.lag > lag_worth_telling)
        return degraded(fmt::format(
            "{} woke {} ms late", own >= shard ? "the scheduler" : "a thread that runs checks",
            std::chrono::duration_cast<std::chrono::milliseconds>(figures_.lag).count()));
    if (missed_at_ && now - *missed_at_ < missed_ticks_remembered)
        return degraded("runs were missed within the last minute");
    if (!full.empty()) return degraded("every thread for checks of kind " + full + " hangs");
    return ok();
}

}  // namespace vitals::engine
