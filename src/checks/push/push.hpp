// A component whose state is reported by others: through the control API or the library.
#pragma once

#include <chrono>

#include "checks/kind.hpp"

namespace vitals::checks::push {

struct Options {
    std::chrono::milliseconds ttl{60'000};
    Secret ping_key;
    bool fleet = false;
};

extern const Kind kind;

}  // namespace vitals::checks::push
