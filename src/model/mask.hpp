// Credentials out of what a check found, before anybody sees it. Pure.
#pragma once

#include "vitals/outcome.hpp"

namespace vitals {

// All texts of an outcome become text::masked().
void mask(Outcome& outcome);

}  // namespace vitals
