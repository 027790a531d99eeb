#include "model/space.hpp"

#include <algorithm>
#include <limits>

namespace vitals {

std::uint64_t bytes_of(std::uint64_t count, std::uint64_t all, std::uint64_t block) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    // NFS counts in bytes, which the kernel shifts down to blocks: only the bytes show the sign.
    const bool below_zero = static_cast<std::int64_t>(count * block) < 0;
    if (count > all && below_zero) return 0;
    return block != 0 && count > most / block ? most : count * block;
}

}  // namespace vitals
