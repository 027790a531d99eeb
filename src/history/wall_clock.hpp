// Whether the wall clock can be believed when history is thrown away by it. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "vitals/snapshot.hpp"

namespace vitals::history {

// A clock that ran further than the time that passed has leapt. It may be wrong: it is believed
// only once it has stood for a day, or for `keep` where that is shorter. A tenth of `keep` is no
// leap: it costs no more than a tenth of the history.
class WallClock {
  public:
    explicit WallClock(std::chrono::milliseconds keep)
        : tolerance_(keep / 10),
          doubt_(std::min<std::chrono::milliseconds>(keep, std::chrono::hours(24))) {}

    // What it showed last when it was believed, in an earlier process.
    void continue_from(System believed) { believed_ = believed; }

    // What it shows now.
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

    // What it showed when it was believed last.
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
