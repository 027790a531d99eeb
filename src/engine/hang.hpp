// What a person sees of a run that its deadline ended. Pure.
#pragma once

#include <string>
#include <vector>

#include "vitals/outcome.hpp"

namespace vitals::engine {

// The public detail: a sentence by the phase it hung in and those it came through, and the phase.
// `hung_in` may be empty: the run never said where it was.
std::string describe_hang(const std::vector<Phase>& phases, const std::string& hung_in);

}  // namespace vitals::engine
