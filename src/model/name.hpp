// Names of components: one rule, whoever gives the name. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals {

// What is wrong with a name, as it goes on behind "the name 'x'", or empty. A name is UTF-8 of at
// most 128 bytes that can be printed, with at most one `/` between group and name, and not one of
// vitals' own (`vitals/...`). No dialect has to replace a character of such a name: two names that
// differ, differ in every answer.
std::string name_problem(std::string_view name);

}  // namespace vitals
