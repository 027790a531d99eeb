// When silence says nothing: a process that was stopped heard no messages, so it judges nobody for
// that.
#pragma once

#include <algorithm>

#include "model/clock.hpp"

namespace vitals {

// After a pause of vitals itself that is at least this long, every sender gets its whole patience
// again. A shorter pause takes at most half of it.
inline Steady::duration excusing_pause(Steady::duration patience) noexcept {
    return std::max<Steady::duration>(patience / 2, std::chrono::seconds(2));
}

}  // namespace vitals
