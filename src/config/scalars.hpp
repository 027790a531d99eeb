// One scalar to one typed value, with what was expected when it is not one.
#pragma once

#include <string>
#include <string_view>

#include "model/description.hpp"

namespace vitals::config {

// Sets the value from a text; what is wrong with it, or empty. Only for text, boolean, integer,
// number, duration, size and percentage.
std::string set_scalar(const Field& field, std::string_view text, void* value);

// What a value of that type looks like: `a duration such as 250ms, ...`.
std::string expectation(const Field& field);

}  // namespace vitals::config
