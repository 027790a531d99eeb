// Space, inodes and writability of the file system that holds a path. It looks from a lane, because
// a mount whose server is gone never answers.
#pragma once

#include <sys/vfs.h>

#include <cstdint>
#include <optional>
#include <string>

#include "checks/kind.hpp"

namespace vitals::checks::disk {

struct Options {
    std::string path = "/";
    bool mount = false;
    bool writable = true;
    bool write = false;
    Percentage degraded_above{85};
    Percentage failed_above{95};
    std::optional<Size> enough_free;
    Percentage inodes_degraded_above{85};
    Percentage inodes_failed_above{95};
};

// The figures of a file system; zero if it does not count them.
struct Figures {
    std::uint64_t used_bytes = 0;
    std::uint64_t available_bytes = 0;  // to users without privileges
    std::uint64_t inodes_used = 0;
    std::uint64_t inodes_available = 0;
    bool read_only = false;
};

// The result of statfs(2) in bytes, whatever sizes and signs the file system uses. Pure.
Figures figures_of(const struct statfs& counts);

// The verdict on these figures. Pure.
Outcome judge(const Options& options, const Figures& figures);

extern const Kind kind;

}  // namespace vitals::checks::disk
