// Patterns over names: `*` and `?`. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals::text {

// `*` matches any run of characters (also `/`), `?` one character.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;

// What is wrong with a pattern, or empty: it must not be empty, nor longer than 128 bytes.
std::string glob_problem(std::string_view pattern);

}  // namespace vitals::text
