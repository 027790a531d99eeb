// How much memory is left: of the machine, and of this process's control group.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "checks/kind.hpp"

namespace vitals::checks::memory {

struct Options {
    Percentage degraded_above{85};
    Percentage failed_above{95};
    Percentage pressure_degraded_above{20};
    std::string root;  // not described: where a test keeps its /proc and /sys
};

struct Figures {
    std::uint64_t total = 0;      // bytes
    std::uint64_t available = 0;  // without swapping, by the kernel's own estimate
    struct Group {
        std::uint64_t used = 0;  // without memory that the kernel can drop
        std::uint64_t limit = 0;
    };
    std::optional<Group> group;      // the tightest limit, if there is one
    std::optional<double> pressure;  // per cent of the last minute in which all work stood still
};

// The texts of a control group's files; missing ones are empty.
struct GroupFiles {
    int version = 2;
    std::string limit;     // memory.max, memory.limit_in_bytes
    std::string throttle;  // memory.high: above it a group gets almost nothing more
    std::string usage;     // memory.current, memory.usage_in_bytes
    std::string stat;      // memory.stat
    std::string kernel;    // memory.kmem.usage_in_bytes
};

// How full a group is, by the memory that it could still get; nothing when it has no limit. Version
// 1 does not say how much of the kernel's memory can be dropped: the given share is used. Pure.
std::optional<Figures::Group> group_of(const GroupFiles& files, double droppable_of_kernel);

// The verdict on these figures; the worse one of machine and group counts. Pure.
Outcome judge(const Options& options, const Figures& figures);

extern const Kind kind;

}  // namespace vitals::checks::memory
