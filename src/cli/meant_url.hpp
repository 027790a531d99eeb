// What a word of `vitals check` that is no URL of ours may have been meant for. For messages only.
#pragma once

#include <string>
#include <string_view>

namespace vitals::cli {

// Of a word that looks like a host without a scheme: what is missing, and which URLs come near.
// Empty: it does not look like one.
std::string lacks_scheme(std::string_view word);

// Of a URL whose scheme no kind of check takes: what to write instead. Shows no password.
std::string unknown_scheme(std::string_view url);

}  // namespace vitals::cli
