// A file that each run writes anew in lsyncd's source, and looks for where it is copied to: whether
// anything arrives is more than lsyncd says of itself. Blocks: on a lane only.
#pragma once

#include <chrono>
#include <string>

namespace vitals::checks::lsyncd {

// How long what was written has been under way; 0 when it has arrived. `started` is when lsyncd
// was. Throws CheckError{local} when it cannot be written or looked for.
std::chrono::milliseconds release_canary(const std::string& file, const std::string& copy,
                                         std::chrono::milliseconds started);

}  // namespace vitals::checks::lsyncd
