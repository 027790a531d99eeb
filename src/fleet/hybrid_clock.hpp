// A clock that orders the statements of many nodes whose clocks differ: it follows the wall clock,
// never goes back, and never falls behind what was heard (a hybrid logical clock). Pure.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

namespace vitals::fleet {

struct HybridTime {
    std::uint64_t wall = 0;     // milliseconds since 1970
    std::uint32_t counter = 0;  // within one
    auto operator<=>(const HybridTime&) const = default;
};

// A larger number is not a time: beyond the year 10,000.
inline constexpr std::uint64_t latest_wall = std::uint64_t{1} << 48;

class HybridClock {
  public:
    // Later than all that was sent or heard before.
    HybridTime tell(std::uint64_t wall) {
        wall = std::min(wall, latest_wall);
        if (wall > last_.wall)
            last_ = {wall, 0};
        else if (++last_.counter == 0)
            last_.wall = std::min(last_.wall + 1, latest_wall);
        return last_;
    }
    void hear(HybridTime other) { last_ = std::max(last_, other); }

  private:
    HybridTime last_;
};

}  // namespace vitals::fleet
