// Makes the other side's words safe for an `error` text: one line, valid UTF-8, cut. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vitals::text {

// In double quotes. Control and other invisible characters, quotes, backslashes and bytes that are
// not UTF-8 become \n, \r, \t, \", \\ or \xHH; the part above `most` bytes is replaced by `...`
// after the closing quote.
std::string quoted(std::string_view theirs, std::size_t most = 200);

}  // namespace vitals::text
