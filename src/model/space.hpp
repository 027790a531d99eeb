// What the counts of a file system mean. Pure.
#pragma once

#include <cstdint>

namespace vitals {

// How many bytes `count` of its `all` blocks are. Where a file system has less than nothing left (a
// server counts what is reserved for root as taken), its count arrives as a huge one: that is 0.
// At most what fits into 63 bits.
std::uint64_t bytes_of(std::uint64_t count, std::uint64_t all, std::uint64_t block);

}  // namespace vitals
