// Removes credentials from texts that are shown: names, errors, details, logs. Any text may hold a
// URL, from vitals or repeated by a server, so all shown texts pass through here. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals::text {

// The text with `***` for the passwords of everything that looks like a URL in it, and for the
// values of parameters with names such as `password` and `token`. A password is the text between
// the first colon after `://` and the last `@` of the same word. So no password of a list of URLs
// is shown, nor one that should have been percent-encoded; hosts between two passwords are also
// masked. Masking twice changes nothing.
std::string masked(std::string_view text);

// For a text that is one URL, or should be: also with blanks in it.
std::string masked_url(std::string_view url);

}  // namespace vitals::text
