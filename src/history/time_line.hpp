// The time line of the history: the wall clock at the start, and from there the monotonic clock, so
// that no instant has two states. A step of the wall clock changes no duration. Pure; belongs to
// one thread.
#pragma once

#include <chrono>
#include <optional>

#include "model/uptime.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::history {

class TimeLine {
  public:
    // Begins at the time of the wall clock, but not before `ended`, where an earlier process ended
    // its line.
    TimeLine(System wall, Steady now, System ended = System::min())
        : origin_(wall > ended ? wall : ended), began_(now) {}

    System at(Steady moment) const { return origin_ + (moment - began_); }

    // Compares with the wall clock. If that is more than 5 s ahead, the line follows it, and the
    // skipped time is returned: it counts nowhere. If the wall clock is behind, the line continues
    // until the wall clock has caught up.
    std::optional<Stretch> follow(System wall, Steady now) {
        const System here = at(now);
        if (wall - here <= std::chrono::seconds(5)) return std::nullopt;
        origin_ += wall - here;
        return Stretch{here, wall};
    }

  private:
    System origin_;
    Steady began_;
};

}  // namespace vitals::history
