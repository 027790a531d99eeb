// How much memory is left: of the machine, and of the control group that this process lives in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "checks/kind.hpp"

namespace vitals::checks::memory {

struct Options {
    Percentage degraded_above{85};
    Percentage failed_above{95};
    std::string root;  // not described: where a test keeps its /proc and /sys
};

struct Figures {
    std::uint64_t total = 0;      // bytes
    std::uint64_t available = 0;  // without swapping, by the kernel's own estimate
    struct Group {
        std::uint64_t used = 0;  // without the page cache that can be dropped
        std::uint64_t limit = 0;
    };
    std::optional<Group> group;  // the tightest limit, if there is one
};

// The verdict on these figures; the tighter of machine and group counts. Pure.
Outcome judge(const Options& options, const Figures& figures);

extern const Kind kind;

}  // namespace vitals::checks::memory
