// When silence says nothing: a process that was stopped heard nobody, and judges nobody for it.
#pragma once

#include <algorithm>

#include "model/clock.hpp"

namespace vitals {

// A pause of our own after which everybody has their whole patience again to be heard. A shorter
// one takes no more than half of it away.
inline Steady::duration excusing_pause(Steady::duration patience) noexcept {
    return std::max<Steady::duration>(patience / 2, std::chrono::seconds(2));
}

}  // namespace vitals
