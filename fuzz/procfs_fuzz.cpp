// The readers of /proc and /sys on arbitrary bytes (a container may show us anything there): they
// must end, stay within bounds, and give numbers that can be calculated with.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/procfs.hpp"

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vitals::wire;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    meminfo_bytes(text, "MemAvailable");
    keyed_number(text, "inactive_file");
    single_number(text);
    require(count_cpus(text) <= 65'536u * (size + 1));
    if (const auto load = parse_loadavg(text))
        require(std::isfinite(load->one) && std::isfinite(load->five) &&
                std::isfinite(load->fifteen));
    if (const auto limit = parse_cpu_max(text)) require(*limit >= 0 && std::isfinite(*limit));
    if (const auto pressure = parse_pressure(text)) require(std::isfinite(pressure->some));
    if (const auto stat = parse_process_stat(text)) require(stat->command.size() <= size);
    file_system_read_only(text, size);
    const std::size_t half = size / 2;
    const CgroupPlace place = cgroup_place(text.substr(0, half), text.substr(half), "memory");
    require(place.directories.size() <= size + 1);
    return 0;
}
