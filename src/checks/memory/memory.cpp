#include "memory.hpp"

#include <algorithm>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include "checks/examining.hpp"
#include "net/file.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "wire/procfs.hpp"

namespace vitals::checks::memory {

namespace {

double share(std::uint64_t used, std::uint64_t all) {
    return all > 0 ? 100 * static_cast<double>(used) / static_cast<double>(all) : 0;
}

double share(const Figures::Group& group) {
    return share(group.used, group.limit);
}

double one_decimal(double value) {
    return std::round(value * 10) / 10;
}

std::string text_of(const std::string& path) {
    return net::read_file(path).value_or("");
}

// The figures of one directory of the hierarchy.
GroupFiles files_in(const std::string& directory, int version) {
    const bool v1 = version == 1;
    GroupFiles files{.version = version};
    files.limit = text_of(directory + (v1 ? "/memory.limit_in_bytes" : "/memory.max"));
    files.usage = text_of(directory + (v1 ? "/memory.usage_in_bytes" : "/memory.current"));
    files.stat = text_of(directory + "/memory.stat");
    if (v1)
        files.kernel = text_of(directory + "/memory.kmem.usage_in_bytes");
    else
        files.throttle = text_of(directory + "/memory.high");
    return files;
}

// How much of the kernel's memory on this machine can be dropped.
double droppable_share(std::string_view meminfo) {
    const auto bytes = [meminfo](const char* key) {
        return wire::meminfo_bytes(meminfo, key).value_or(0);
    };
    const std::uint64_t droppable = bytes("SReclaimable");
    const std::uint64_t all =
        droppable + bytes("SUnreclaim") + bytes("KernelStack") + bytes("PageTables");
    return all > 0 ? static_cast<double>(droppable) / static_cast<double>(all) : 0;
}

// Per cent of the last minute in which all work stood still for lack of memory: on the machine or,
// if groups are measured, in vitals' group.
std::optional<double> read_pressure(const std::string& root, std::string_view groups,
                                    std::string_view mounts) {
    const wire::CgroupPlace place = wire::cgroup_place(groups, mounts, "");
    std::optional<double> worst;
    std::vector<std::string> files = {root + "/proc/pressure/memory"};
    if (place.version == 2 && !place.directories.empty())
        files.push_back(root + place.directories.front() + "/memory.pressure");
    for (const std::string& file : files) {
        const auto pressure = wire::parse_pressure(text_of(file));
        if (pressure && pressure->full) worst = std::max(worst.value_or(0), *pressure->full);
    }
    return worst;
}

Outcome examine(const Options& options) {
    const std::string proc = options.root + "/proc";
    const auto meminfo = net::read_file(proc + "/meminfo");
    if (!meminfo)
        return unknown("cannot read how much memory there is",
                       proc + "/meminfo: " + std::generic_category().message(meminfo.error()));
    const auto total = wire::meminfo_bytes(*meminfo, "MemTotal");
    const auto available = wire::meminfo_bytes(*meminfo, "MemAvailable");
    if (!total || !available || *total == 0)
        return unknown("the kernel does not say how much memory is available",
                       proc + "/meminfo: no MemTotal or no MemAvailable");
    Figures figures{.total = *total, .available = std::min(*available, *total)};
    const std::string groups = text_of(proc + "/self/cgroup");
    const std::string mounts = text_of(proc + "/self/mountinfo");
    figures.pressure = read_pressure(options.root, groups, mounts);
    const double droppable = droppable_share(*meminfo);
    const wire::CgroupPlace place = wire::cgroup_place(groups, mounts, "memory");
    for (const std::string& directory : place.directories) {
        const auto group = group_of(files_in(options.root + directory, place.version), droppable);
        // A limit above the machine's memory (version 1 writes "none" as a huge one) is no limit.
        if (!group || group->limit >= figures.total) continue;
        if (!figures.group || share(*group) > share(*figures.group)) figures.group = group;
    }
    return judge(options, figures);
}

Verified verify(const Options& options) {
    if (options.degraded_above.value > options.failed_above.value)
        return std::unexpected("degraded_above is greater than failed_above: it could never show");
    return {};
}

Verified from_url(Options&, std::string_view url) {
    return verified(url == "memory:" ? "" : "expected memory: with nothing behind it");
}

constexpr Field fields[] = {
    field<&Options::degraded_above>("degraded_above",
                                    "Share of used memory above which it is degraded; 100% never."),
    field<&Options::failed_above>("failed_above",
                                  "Share of used memory above which it is failed; 100% never."),
    field<&Options::pressure_degraded_above>(
        "pressure_degraded_above",
        "Share of the last minute in which all work stood still for lack of memory, above which it "
        "is degraded, if the kernel measures it; 100% never."),
};

constexpr std::string_view proves = R"(
    Programs can get more memory without swapping. Two figures are judged, and the worse
    one counts: the kernel's estimate for the machine (MemAvailable), and the memory that
    is left below the limits of vitals' control group (a container, a systemd unit) and of
    the groups above it. Memory that the kernel can drop counts as available: page cache
    that is written to disk, and the kernel's own caches of names and inodes. Version 1 of
    control groups does not say how much of the kernel's caches can be dropped; the check
    uses the share of the whole machine instead. Swap does not count. If the kernel
    measures pressure, work that stands still for lack of memory is degraded, however much
    memory is left. The check does not see the limits of other control groups, or a
    program that will not get a large piece in one go.)"_prose;

}  // namespace

std::optional<Figures::Group> group_of(const GroupFiles& files, double droppable_of_kernel) {
    const bool v1 = files.version == 1;
    auto limit = wire::single_number(files.limit);
    if (const auto throttle = wire::single_number(files.throttle))
        limit = std::min(limit.value_or(*throttle), *throttle);
    const auto usage = wire::single_number(files.usage);
    if (!limit || !usage) return std::nullopt;
    const auto stat = [&](const std::string& key) {
        // Version 1 counts the groups below separately.
        const auto whole = v1 ? wire::keyed_number(files.stat, "total_" + key) : std::nullopt;
        return whole ? *whole : wire::keyed_number(files.stat, key).value_or(0);
    };
    // These two lists contain neither shared memory nor locked memory.
    const std::uint64_t cache = stat("active_file") + stat("inactive_file");
    const std::uint64_t unwritten =
        v1 ? stat("dirty") + stat("writeback") : stat("file_dirty") + stat("file_writeback");
    const std::uint64_t kernel =
        v1 ? static_cast<std::uint64_t>(
                 droppable_of_kernel *
                 static_cast<double>(wire::single_number(files.kernel).value_or(0)))
           : stat("slab_reclaimable");
    const std::uint64_t droppable = cache - std::min(unwritten, cache) + kernel;
    return Figures::Group{*usage - std::min(droppable, *usage), *limit};
}

Outcome judge(const Options& options, const Figures& figures) {
    const double machine = share(figures.total - figures.available, figures.total);
    const double group = figures.group ? share(*figures.group) : 0;
    const bool group_is_tighter = figures.group && group > machine;
    const double used = std::max(machine, group);
    const std::uint64_t left =
        group_is_tighter
            ? figures.group->limit - std::min(figures.group->used, figures.group->limit)
            : figures.available;
    std::string detail = fmt::format("{} used{}, {} left", text::about_percent(used),
                                     group_is_tighter ? " of the control group's limit" : "",
                                     text::about_bytes(left));
    const double pressure = figures.pressure.value_or(0);
    const bool pressed = pressure > options.pressure_degraded_above.value;
    if (pressed)
        detail += fmt::format(", work stood still for it {} of the last minute",
                              text::about_percent(pressure));
    Outcome outcome = used > options.failed_above.value                ? failed(detail)
                      : used > options.degraded_above.value || pressed ? degraded(detail)
                                                                       : ok(detail);
    outcome.with("used_percent", one_decimal(used))
        .with("available_bytes", static_cast<std::int64_t>(figures.available))
        .with("total_bytes", static_cast<std::int64_t>(figures.total));
    if (figures.pressure) outcome.with("pressure_percent", *figures.pressure);
    if (figures.group) {
        outcome.with("cgroup_used_percent", one_decimal(group))
            .with("cgroup_limit_bytes", static_cast<std::int64_t>(figures.group->limit));
    }
    return outcome;
}

const Kind kind = make_kind<Options, fields, run_examining<examine, Options>, verify, from_url>(
    "memory", "Memory is left, on the machine and in the control group.",
    {.proves = proves, .schemes = {"memory"}, .category = Category::system});

}  // namespace vitals::checks::memory
