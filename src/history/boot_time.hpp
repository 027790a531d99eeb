// Moments by a clock that nobody sets. They are comparable between processes, until the machine is
// restarted. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

#include "vitals/snapshot.hpp"

namespace vitals::history {

struct BootTime {
    std::int64_t boot = 0;           // which start of the machine; 0: not known
    std::chrono::microseconds at{};  // since that start, with the time that the machine slept
    bool operator==(const BootTime&) const = default;
};
BootTime boot_time();

// How long ago something was that an earlier process noted: by the clock since the machine's start,
// else by the wall clock. Where the wall clock shows an earlier time than it did then, nobody
// knows: the answer is so long that nothing counts any more.
Steady::duration since(const BootTime& then, System then_on_the_wall);

}  // namespace vitals::history
