// Writes the values of an outcome as JSON; text::JsonWriter::value() finds these functions. Pure.
#pragma once

#include <vector>

#include "text/json.hpp"
#include "vitals/outcome.hpp"

namespace vitals {

void write_json(text::JsonWriter& json, const Value& value);
void write_json(text::JsonWriter& json, const std::vector<Value>& list);
// An object; of several members with one name the first counts.
void write_json(text::JsonWriter& json, const std::vector<Property>& members);

}  // namespace vitals
