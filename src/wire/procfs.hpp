// The kernel's reports in /proc and /sys: texts in, values out. Pure. Formats: proc(5),
// Documentation/accounting/psi.rst, Documentation/admin-guide/cgroup-v2.rst of the kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire {

// A line of /proc/meminfo ("MemAvailable"), in bytes.
std::optional<std::uint64_t> meminfo_bytes(std::string_view meminfo, std::string_view key);

// A line `key value` of a cgroup's memory.stat.
std::optional<std::uint64_t> keyed_number(std::string_view text, std::string_view key);

// A file with one whole number; nothing for `max` and for any other text.
std::optional<std::uint64_t> single_number(std::string_view text);

// /proc/loadavg: over one, five and fifteen minutes.
struct LoadAverages {
    double one = 0, five = 0, fifteen = 0;
    bool operator==(const LoadAverages&) const = default;
};
std::optional<LoadAverages> parse_loadavg(std::string_view text);

// How many processors a list such as `0-3,8` names; 0 when it is not one.
unsigned count_cpus(std::string_view list);

// A cgroup's cpu.max, `quota period`, as a number of processors; nothing for `max` (and for `-1`,
// which version 1 has in cpu.cfs_quota_us).
std::optional<double> parse_cpu_max(std::string_view text);

// A pressure file: the share of the last minute, in per cent, in which some or all tasks waited.
struct Pressure {
    double some = 0;
    std::optional<double> full;  // older kernels have none for the CPU
    bool operator==(const Pressure&) const = default;
};
std::optional<Pressure> parse_pressure(std::string_view text);

// /proc/<pid>/stat. The command may hold blanks and parentheses.
struct ProcessStat {
    std::string command;            // at most 15 bytes
    char state = '?';               // R, S, D, Z, T, t, X, I, ...
    std::uint64_t start_ticks = 0;  // since boot, in clock ticks
    bool operator==(const ProcessStat&) const = default;
};
std::optional<ProcessStat> parse_process_stat(std::string_view text);

// The visible directories of a control group and its ancestors, innermost first: of version 2, or
// of version 1 for `controller` if that is mounted. Empty when there is neither.
struct CgroupPlace {
    int version = 2;
    std::vector<std::string> directories;
    bool operator==(const CgroupPlace&) const = default;
};
CgroupPlace cgroup_place(std::string_view self_cgroup, std::string_view self_mountinfo,
                         std::string_view controller);

// Whether the file system behind the mount of that number is itself read-only, whatever the mount
// says: a mount may be read-only for one process alone. Nothing when there is no such mount.
std::optional<bool> file_system_read_only(std::string_view mountinfo, std::uint64_t mount);

}  // namespace vitals::wire
