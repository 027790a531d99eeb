// The text for a run that its deadline ended. Pure.
#pragma once

#include <string>
#include <vector>

#include "vitals/outcome.hpp"

namespace vitals::engine {

// The public detail: a sentence from the phase in which the run hung and the phases before it.
// `hung_in` may be empty: the run never named a phase.
std::string describe_hang(const std::vector<Phase>& phases, const std::string& hung_in);

}  // namespace vitals::engine
