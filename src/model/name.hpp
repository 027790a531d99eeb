// Names of components: one rule for names from all sources. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals {

// What is wrong with a name, as it continues after "the name 'x'", or empty. A name is UTF-8 of at
// most 128 printable bytes. It has at most one `/`, between group and name, and it is not one of
// vitals' own names (`vitals/...`). No dialect has to replace a character of such a name: two
// different names differ in every answer.
std::string name_problem(std::string_view name);

}  // namespace vitals
