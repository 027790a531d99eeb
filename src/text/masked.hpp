// Credentials out of texts that are shown: names, errors, details, logs. Any text may hold a URL,
// ours or one that a server repeats, so all that is shown comes through here. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals::text {

// The text with `***` for the passwords of all that looks like a URL in it: what stands between the
// first colon behind `://` and the last `@` of the same word, so that no password of a list of
// URLs is shown, nor one that should have been percent-encoded; and the values of parameters with
// names such as `password` and `token`. Hosts between two passwords go with them. Masking twice
// changes nothing.
std::string masked(std::string_view text);

// Of a text that is one URL, or should have been: also with blanks in it.
std::string masked_url(std::string_view url);

}  // namespace vitals::text
