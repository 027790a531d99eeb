// Memory, load, names, and the clock.
#include <algorithm>

#include "discover/discovery.hpp"

namespace vitals::discover {

namespace {

std::vector<Proposal> find(const Machine& machine) {
    std::vector<Proposal> found;
    found.push_back({.name = "memory", .candidates = {{.kind = "memory"}}, .critical = false});
    found.push_back({.name = "load", .candidates = {{.kind = "load"}}, .critical = false});
    if (!machine.name_servers.empty())
        // Every name server that resolves names for others knows the servers of the root.
        found.push_back(
            {.name = "names",
             .found = "/etc/resolv.conf names " + machine.name_servers.front(),
             .candidates = {{.kind = "dns",
                             .options = {{"name", "\".\""}, {"type", "NS"}, {"interval", "1m"}}},
                            {.kind = "dns", .options = {{"name", "localhost"}, {"via", "system"}}}},
             .critical = false});
    const auto keeps_time = [](const Process& process) {
        return process.command == "chronyd" || process.command == "ntpd" ||
               process.command.starts_with("systemd-timesyn");
    };
    if (const auto keeper = std::ranges::find_if(machine.processes, keeps_time);
        keeper != machine.processes.end())
        found.push_back(
            {.name = "clock",
             .found = keeper->command + " keeps the clock right",
             .candidates = {{.kind = "ntp", .options = {{"part", "kernel"}, {"interval", "1m"}}}},
             .critical = false});
    return found;
}

}  // namespace

extern const Discovery host;
const Discovery host{"The machine", find};

}  // namespace vitals::discover
