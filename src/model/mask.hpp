// Removes credentials from what a check found, before anybody sees it. Pure.
#pragma once

#include "vitals/outcome.hpp"

namespace vitals {

// All texts of an outcome, with text::masked() applied.
void mask(Outcome& outcome);

}  // namespace vitals
