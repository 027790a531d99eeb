#include "memory.hpp"

#include <algorithm>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include "model/amount.hpp"
#include "net/file.hpp"
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

// What one directory of the hierarchy says: files of version 2, or of version 1.
std::optional<Figures::Group> group_of(const std::string& directory, int version) {
    const bool v1 = version == 1;
    const auto limit =
        wire::single_number(text_of(directory + (v1 ? "/memory.limit_in_bytes" : "/memory.max")));
    const auto usage = wire::single_number(
        text_of(directory + (v1 ? "/memory.usage_in_bytes" : "/memory.current")));
    if (!limit || !usage) return std::nullopt;
    const auto cache = wire::keyed_number(text_of(directory + "/memory.stat"),
                                          v1 ? "total_inactive_file" : "inactive_file");
    return Figures::Group{*usage - std::min(cache.value_or(0), *usage), *limit};
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
    const wire::CgroupPlace place = wire::cgroup_place(text_of(proc + "/self/cgroup"),
                                                       text_of(proc + "/self/mountinfo"), "memory");
    for (const std::string& directory : place.directories) {
        const auto group = group_of(options.root + directory, place.version);
        // A limit beyond the machine's memory (version 1 writes "none" as a huge one) limits
        // nothing.
        if (!group || group->limit >= figures.total) continue;
        if (!figures.group || share(*group) > share(*figures.group)) figures.group = group;
    }
    return judge(options, figures);
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    context.enter("read");
    std::function<Outcome()> look = [options] { return examine(options); };
    co_return co_await context.blocking(std::move(look));
}

std::string verify(const void* value) {
    const auto& options = *static_cast<const Options*>(value);
    if (options.degraded_above.value > options.failed_above.value)
        return "degraded_above is greater than failed_above: it could never show";
    return {};
}

std::string from_url(void*, std::string_view url) {
    return url == "memory:" ? "" : "expected memory: with nothing behind it";
}

constexpr Field fields[] = {
    field<&Options::degraded_above>("degraded_above",
                                    "Share of used memory above which it is degraded; 100% never."),
    field<&Options::failed_above>("failed_above",
                                  "Share of used memory above which it is failed; 100% never."),
};

}  // namespace

Outcome judge(const Options& options, const Figures& figures) {
    const double machine = share(figures.total - figures.available, figures.total);
    const double group = figures.group ? share(*figures.group) : 0;
    const bool group_is_tighter = figures.group && group > machine;
    const double used = std::max(machine, group);
    const std::uint64_t left =
        group_is_tighter
            ? figures.group->limit - std::min(figures.group->used, figures.group->limit)
            : figures.available;
    const std::string detail =
        fmt::format("{} used{}, {} left", about_percent(used),
                    group_is_tighter ? " of the control group's limit" : "", about_bytes(left));
    Outcome outcome = used > options.failed_above.value     ? failed(detail)
                      : used > options.degraded_above.value ? degraded(detail)
                                                            : ok(detail);
    outcome.with("used_percent", one_decimal(used))
        .with("available_bytes", static_cast<std::int64_t>(figures.available))
        .with("total_bytes", static_cast<std::int64_t>(figures.total));
    if (figures.group) {
        outcome.with("cgroup_used_percent", one_decimal(group))
            .with("cgroup_limit_bytes", static_cast<std::int64_t>(figures.group->limit));
    }
    return outcome;
}

const Kind kind = {
    .description = describe<Options>(
        "memory", "memory is left, on the machine and in the control group", fields, verify),
    .proves =
        "Programs can get more memory without swapping: by the kernel's estimate for the machine "
        "(MemAvailable), and below the limit of the control group that vitals runs in (a "
        "container, "
        "a systemd unit) and of those above it; the tighter of both counts. Page cache that can be "
        "dropped counts as available, swap does not count at all. It cannot see the limits of "
        "other "
        "control groups, nor a single program that will not get the large piece it asks for.",
    .schemes = {"memory"},
    .from_url = from_url,
    .bind = bind_run<Options, run>,
};

}  // namespace vitals::checks::memory
