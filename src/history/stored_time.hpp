// Times as the database has them: whole numbers since 1970. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "vitals/snapshot.hpp"

namespace vitals::history {

// Unit: such as std::chrono::milliseconds.
template <class Unit>
std::int64_t stored(System time) {
    return std::chrono::duration_cast<Unit>(time.time_since_epoch()).count();
}

template <class Unit>
System time_of(std::int64_t stored) {
    return System(std::chrono::duration_cast<System::duration>(Unit(stored)));
}

}  // namespace vitals::history
