// The common result of several nodes that check the same component. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "vitals/outcome.hpp"

namespace vitals::fleet {

// The result of one node, still fresh.
struct Vote {
    std::string node;
    Status status = Status::unknown;  // `unknown`: it could not look, which is not a vote
    std::string detail;
    ErrorClass error_class = ErrorClass::none;
    std::string error;
};

// Failed if a majority of the configured `count` failed; ok if a majority works. Degraded if some
// work and some fail, or if a working one is degraded; nodes that differ are named. Otherwise
// unknown.
Outcome judge_votes(std::size_t count, const std::vector<Vote>& votes);

}  // namespace vitals::fleet
