// Units of systemd: none has failed, services without a port still run, and timers run.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "discover/discovery.hpp"

namespace vitals::discover {

namespace {

// Parts of the system itself: if one fails, it is among the failed units.
constexpr std::array<std::string_view, 27> of_the_system = {
    "systemd-",  "dbus",      "getty@",    "serial-getty@", "user@",    "user-runtime-dir@",
    "polkit",    "rtkit",     "accounts-", "udisks2",       "upower",   "ModemManager",
    "avahi-",    "cups",      "colord",    "packagekit",    "snapd",    "fwupd",
    "bluetooth", "gdm",       "lightdm",   "plymouth",      "console-", "wpa_supplicant",
    "rescue",    "emergency", "vitals"};

bool belongs_to_the_system(const std::string& name) {
    return std::ranges::any_of(of_the_system,
                               [&](std::string_view start) { return name.starts_with(start); });
}

std::string short_name(const std::string& name) {
    return name.substr(0, name.rfind('.'));
}

// Twice the time from the last run to the next: a timer that spreads its runs, or waits for a
// machine that was off, is no failure. Whole hours.
std::optional<std::chrono::hours> longest_gap(const Timer& timer) {
    if (!timer.last || !timer.next || *timer.next <= *timer.last) return std::nullopt;
    return std::chrono::ceil<std::chrono::hours>(2 * (*timer.next - *timer.last));
}

std::vector<Proposal> find(const Machine& machine) {
    std::vector<Proposal> found;
    if (!machine.has_systemd) {
        // Without systemd, only the processes themselves are visible.
        for (const Process& process : machine.processes)
            if (process.command == "cron" || process.command == "crond") {
                found.push_back(
                    {.name = "cron",
                     .found = process.command + " runs",
                     .candidates = {{.kind = "process", .options = {{"name", process.command}}}}});
                break;
            }
        return found;
    }
    found.push_back(
        {.name = "units/failed",
         .found = "systemd runs this machine",
         .candidates = {{.kind = "systemd", .options = {{"units", "[\"*\"]"}, {"interval", "1m"}}}},
         .critical = false});
    std::set<std::string> listening;
    for (const Socket& socket : machine.sockets)
        if (socket.protocol == Socket::Protocol::tcp) listening.insert(socket.unit);
    for (const Unit& unit : machine.units) {
        if (!unit.name.ends_with(".service") || unit.sub != "running") continue;
        if (belongs_to_the_system(unit.name) || listening.contains(unit.name)) continue;
        found.push_back(
            {.name = "units/" + short_name(unit.name),
             .candidates = {{.kind = "systemd", .options = {{"unit", yaml_text(unit.name)}}}}});
    }
    for (const Timer& timer : machine.timers) {
        Candidate candidate{.kind = "systemd", .options = {{"unit", yaml_text(timer.name)}}};
        if (const auto gap = longest_gap(timer))
            candidate.options.emplace_back("ran_within", fmt::format("{}h", gap->count()));
        candidate.options.emplace_back("interval", "1m");
        found.push_back({.name = "timers/" + short_name(timer.name),
                         .candidates = {std::move(candidate)},
                         .critical = false});
    }
    return found;
}

}  // namespace

extern const Discovery units;
const Discovery units{"systemd", find};

}  // namespace vitals::discover
