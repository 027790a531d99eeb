#include "engine/self_watch.hpp"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace vitals::engine {

namespace {

using namespace std::chrono_literals;

// Below this, a late loop means a busy machine, not a broken engine: it misses no deadline.
constexpr auto lag_worth_telling = 1s;
constexpr auto remembered = 60s;  // missed runs, and those that could not begin

}  // namespace

Descriptors count_descriptors() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
    const int lowest = eventfd(0, EFD_CLOEXEC);
    if (lowest < 0) return {.left = 0, .limit = limit.rlim_cur};
    close(lowest);
    return {.left = limit.rlim_cur - static_cast<std::uint64_t>(lowest), .limit = limit.rlim_cur};
}

bool SelfWatch::may_begin(Steady now) {
    const auto enough = [this] {
        return descriptors_.left > begun_ + std::min<std::uint64_t>(descriptors_.limit / 8, 1024);
    };
    if (!enough()) {
        descriptors_ = count_();
        begun_ = 0;
    }
    if (enough()) {
        ++begun_;
        return true;
    }
    held_back_at_ = now;
    return false;
}

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
    descriptors_ = count_();
    begun_ = 0;
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
    if (missed_at_ && now - *missed_at_ < remembered)
        return degraded("runs were missed within the last minute");
    if (held_back_at_ && now - *held_back_at_ < remembered)
        return degraded(
            fmt::format("runs could not begin within the last minute: {} of {} descriptors left",
                        descriptors_.left, descriptors_.limit));
    if (!full.empty()) return degraded("every thread for checks of kind " + full + " hangs");
    return ok();
}

}  // namespace vitals::engine
