// What a word of `vitals check` may mean that is not a valid URL. For messages only.
#pragma once

#include <string>
#include <string_view>

namespace vitals::cli {

// For a word that looks like a host without a scheme: what is missing, and similar URLs. Empty: it
// does not look like one.
std::string lacks_scheme(std::string_view word);

// For a URL whose scheme no kind of check has: what to write instead. Shows no password.
std::string unknown_scheme(std::string_view url);

}  // namespace vitals::cli
