#include "history/boot_time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fstream>
#include <string>

namespace vitals::history {

namespace {

constexpr Steady::duration unknown_time = std::chrono::hours(24 * 3650);

// The first half of the identifier that the kernel makes at each start.
std::int64_t read_boot() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string text;
    std::getline(file, text);
    std::erase(text, '-');
    constexpr std::size_t digits = 15;
    std::int64_t boot = 0;
    if (text.size() > digits) std::from_chars(text.data(), text.data() + digits, boot, 16);
    return boot;
}

}  // namespace

BootTime boot_time() {
    static const std::int64_t boot = read_boot();
    timespec now{};
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) return {};
    return {boot, std::chrono::seconds(now.tv_sec) +
                      std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::nanoseconds(now.tv_nsec))};
}

Steady::duration since(const BootTime& then, System then_on_the_wall) {
    const BootTime now = boot_time();
    if (then.boot != 0 && then.boot == now.boot && now.at >= then.at) return now.at - then.at;
    const System wall = std::chrono::system_clock::now();
    if (wall < then_on_the_wall) return unknown_time;
    return std::min<Steady::duration>(wall - then_on_the_wall, unknown_time);
}

}  // namespace vitals::history
