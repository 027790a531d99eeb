// Whether the wall clock can be trusted when history is removed by it. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "vitals/snapshot.hpp"

namespace vitals::history {

// A clock that advanced by more than the time that passed has leapt. It may be wrong: it is trusted
// only after it has been stable for a day, or for `keep` if that is shorter. A tenth of `keep` does
// not count as a leap: it costs at most a tenth of the history.
class WallClock {
  public:
    explicit WallClock(std::chrono::milliseconds keep)
        : tolerance_(keep / 10),
          doubt_(std::min<std::chrono::milliseconds>(keep, std::chrono::hours(24))) {}

    // Its last time while it was trusted, in an earlier process.
    void continue_from(System believed) { believed_ = believed; }

    // Its present time.
    bool believe(System now, Steady at) {
        if (last_ ? now - *last_ > (at - last_at_) + tolerance_
                  : believed_ && now - *believed_ > tolerance_)
            doubted_until_ = at + doubt_;
        last_ = now;
        last_at_ = at;
        if (at < doubted_until_) return false;
        believed_ = now;
        return true;
    }

    // Its last time while it was trusted.
    System believed() const { return believed_.value_or(System{}); }

  private:
    std::chrono::milliseconds tolerance_;
    std::chrono::milliseconds doubt_;
    std::optional<System> believed_;
    std::optional<System> last_;
    Steady last_at_{};
    Steady doubted_until_ = Steady::min();
};

}  // namespace vitals::history
