// The one order of statuses. Pure.
#pragma once

#include <array>

#include "vitals/status.hpp"

namespace vitals {

// 0 for ok, then degraded, unknown, failed: an unknown component may be failed, so it counts as
// worse than one that is known to work.
constexpr int severity(Status status) noexcept {
    switch (status) {
        case Status::ok:
            return 0;
        case Status::degraded:
            return 1;
        case Status::unknown:
            return 2;
        case Status::failed:
            break;
    }
    return 3;
}

constexpr Status worst(Status a, Status b) noexcept {
    return severity(b) > severity(a) ? b : a;
}

// All but ok, the worst first.
inline constexpr std::array worst_first = {Status::failed, Status::unknown, Status::degraded};

}  // namespace vitals
