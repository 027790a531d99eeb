// A file that each run writes again in lsyncd's source, and looks for in the target: whether
// anything arrives is more than lsyncd reports. Blocks: on a lane only.
#pragma once

#include <chrono>
#include <string>

namespace vitals::checks::lsyncd {

// How long the last content has been on its way; 0 when it has arrived. `started` is when lsyncd
// started. Throws CheckError{local} when the file cannot be written or looked for.
std::chrono::milliseconds release_canary(const std::string& file, const std::string& copy,
                                         std::chrono::milliseconds started);

}  // namespace vitals::checks::lsyncd
