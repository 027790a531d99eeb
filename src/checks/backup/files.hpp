// The backups at a path. It reads folders, so it runs on a lane (net/reading.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals::checks::backup {

inline constexpr std::size_t most_entries = 100'000;
inline constexpr std::size_t looked_into = 8;  // the newest, whose sizes are needed

struct Entry {
    std::string name;
    System time{};  // of its last change, or by its name
    std::uint64_t bytes = 0;
    bool directory = false;
};

struct Listing {
    std::vector<Entry> entries;  // newest first; sizes of directories of the first ones only
    bool too_many = false;
    bool unnamed = false;  // entries were left out because their names have no time
    int error = 0;         // errno: the path itself could not be looked at
};

// `path` is a directory, whose entries match `pattern`, or a glob. Hidden files and files that are
// being written are left out. `by_name`: the time is the one in the name.
Listing backups_at(const std::string& path, const std::string& pattern, bool by_name);

// The first date in a name, with the time of day if it follows: 2026-11-30, 20261130,
// 2026-11-30T02:15:00, 20261130-0215. In local time. Nothing if there is none.
std::optional<System> time_in(std::string_view name);

}  // namespace vitals::checks::backup
