// One scalar to one typed value, with what was expected when it is not one.
#pragma once

#include <string>
#include <string_view>

#include "model/description.hpp"

namespace vitals::config {

// What a table says of a value goes on from the key's name if it begins with a verb: `'url' has no
// scheme`, else stands behind it.
std::string said_of(std::string_view key, std::string_view problem);

// Reads the value from one text. Not for lists, mappings and secrets.
Verified set_scalar(const Field& field, std::string_view text, const ValueRef& value);

// What a value of that type looks like: `a duration such as 250ms, ...`.
std::string expectation(const Field& field);

}  // namespace vitals::config
