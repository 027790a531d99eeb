// What several nodes that check the same thing found, taken together. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "vitals/outcome.hpp"

namespace vitals::fleet {

// What one node found, still fresh.
struct Vote {
    std::string node;
    Status status = Status::unknown;  // `unknown`: it could not look, which is no vote
    std::string detail;
    ErrorClass error_class = ErrorClass::none;
    std::string error;
};

// Failed where a majority of the `count` that are configured failed, ok where a majority works.
// Degraded where some work and some fail, or where one that works is degraded; who differs is
// named. Else it is not known.
Outcome judge_votes(std::size_t count, const std::vector<Vote>& votes);

}  // namespace vitals::fleet
