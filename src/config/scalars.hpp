// From one scalar to one typed value, or to a message about what was expected.
#pragma once

#include <string>
#include <string_view>

#include "model/description.hpp"

namespace vitals::config {

// A table's message about a value continues after the name of the key if it begins with a verb:
// `'url' has no scheme`; otherwise it stands after it.
std::string said_of(std::string_view key, std::string_view problem);

// Reads the value from one text. Not for lists, mappings and secrets.
Verified set_scalar(const Field& field, std::string_view text, const ValueRef& value);

// The form of a value of that type: `a duration such as 250ms, ...`.
std::string expectation(const Field& field);

}  // namespace vitals::config
