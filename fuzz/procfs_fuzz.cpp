// The readers of /proc and /sys on arbitrary bytes (a container may show anything there): they must
// end, stay within bounds, and return usable numbers.
#include <cmath>

#include "target.hpp"
#include "wire/procfs.hpp"

void vitals::fuzz::run(std::string_view text) {
    using namespace vitals::wire;
    meminfo_bytes(text, "MemAvailable");
    keyed_number(text, "inactive_file");
    single_number(text);
    require(count_cpus(text) <= 65'536u * (text.size() + 1));
    if (const auto load = parse_loadavg(text))
        require(std::isfinite(load->one) && std::isfinite(load->five) &&
                std::isfinite(load->fifteen));
    if (const auto limit = parse_cpu_max(text)) require(*limit >= 0 && std::isfinite(*limit));
    if (const auto pressure = parse_pressure(text)) require(std::isfinite(pressure->some));
    if (const auto stat = parse_process_stat(text)) require(stat->command.size() <= text.size());
    file_system_read_only(text, text.size());
    const std::size_t half = text.size() / 2;
    const CgroupPlace place = cgroup_place(text.substr(0, half), text.substr(half), "memory");
    require(place.directories.size() <= text.size() + 1);
}
