// What the counts of a file system mean. Pure.
#pragma once

#include <cstdint>

namespace vitals {

// The bytes of `count` of its `all` blocks. If less than nothing is left on a file system (a server
// counts the reserve of root as used), its count is a huge number: that is 0. At most what fits
// into 63 bits.
std::uint64_t bytes_of(std::uint64_t count, std::uint64_t all, std::uint64_t block);

}  // namespace vitals
