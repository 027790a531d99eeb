#include "load.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include "checks/examining.hpp"
#include "model/findings.hpp"
#include "net/file.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "wire/procfs.hpp"

namespace vitals::checks::load {

namespace {

constexpr std::array<std::string_view, 3> resources = {"cpu", "memory", "io"};

std::string text_of(const std::string& path) {
    return net::read_file(path).value_or("");
}

double two_decimals(double value) {
    return std::round(value * 100) / 100;
}

double online_cpus(const std::string& root) {
    // If lxcfs shows a container its own load, it also shows it these processors.
    const unsigned listed = wire::count_cpus(text_of(root + "/sys/devices/system/cpu/online"));
    if (listed > 0) return listed;
    return static_cast<double>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
}

// The processors that affinity and control groups leave to this process.
double allowed_cpus(const wire::CgroupPlace& place, const std::string& root, double online) {
    double allowed = online;
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) == 0)
        allowed = std::min(allowed, static_cast<double>(CPU_COUNT(&set)));
    for (const std::string& directory : place.directories) {
        const std::string path = root + directory;
        const std::string text = place.version == 2 ? text_of(path + "/cpu.max")
                                                    : text_of(path + "/cpu.cfs_quota_us") + " " +
                                                          text_of(path + "/cpu.cfs_period_us");
        allowed = std::min(allowed, wire::parse_cpu_max(text).value_or(allowed));
    }
    return allowed;
}

// Per cent of the last minute in which work waited. For the processor: some of the work; for memory
// and disk: all of it, because something always waits for a disk.
std::map<std::string, double> read_pressure(const wire::CgroupPlace& place,
                                            const std::string& root) {
    std::map<std::string, double> found;
    for (const std::string_view resource : resources) {
        // In a container, its own group looks like the root group.
        std::string text;
        if (place.version == 2 && !place.directories.empty())
            text =
                text_of(fmt::format("{}{}/{}.pressure", root, place.directories.back(), resource));
        if (text.empty()) text = text_of(fmt::format("{}/proc/pressure/{}", root, resource));
        const auto pressure = wire::parse_pressure(text);
        if (!pressure) continue;
        if (resource == "cpu")
            found.emplace(resource, pressure->some);
        else if (pressure->full)
            found.emplace(resource, *pressure->full);
    }
    return found;
}

Outcome examine(const Options& options) {
    const std::string proc = options.root + "/proc";
    const auto text = net::read_file(proc + "/loadavg");
    if (!text)
        return unknown("cannot read the load",
                       proc + "/loadavg: " + std::generic_category().message(text.error()));
    const auto averages = wire::parse_loadavg(*text);
    if (!averages) return unknown("cannot read the load", proc + "/loadavg: " + *text);
    Figures figures{.load1 = averages->one, .load5 = averages->five, .load15 = averages->fifteen};
    figures.cpus = online_cpus(options.root);
    const std::string groups = text_of(proc + "/self/cgroup");
    const std::string mounts = text_of(proc + "/self/mountinfo");
    const double allowed =
        allowed_cpus(wire::cgroup_place(groups, mounts, "cpu"), options.root, figures.cpus);
    if (allowed < figures.cpus) figures.cpus_allowed = allowed;
    figures.pressure = read_pressure(wire::cgroup_place(groups, mounts, ""), options.root);
    return judge(options, figures);
}

Verified verify(const Options& options) {
    if (options.degraded_above > options.failed_above)
        return std::unexpected("degraded_above is greater than failed_above: it could never show");
    if (options.pressure_degraded_above && options.pressure_failed_above &&
        options.pressure_degraded_above->value > options.pressure_failed_above->value)
        return std::unexpected(
            "pressure_degraded_above is greater than pressure_failed_above: it could never show");
    return {};
}

Verified verify_pressure(const std::vector<std::string>& value) {
    for (const std::string& name : value)
        if (std::find(resources.begin(), resources.end(), name) == resources.end())
            return std::unexpected("unknown resource '" + name + "': expected cpu, memory or io");
    return {};
}

Verified from_url(Options&, std::string_view url) {
    return verified(url == "load:" ? "" : "expected load: with nothing behind it");
}

constexpr Field fields[] = {
    field<&Options::degraded_above>(
        "degraded_above", "Load over five minutes, per processor, above which it is degraded.",
        {.unit = "per CPU", .least = 0}),
    field<&Options::failed_above>(
        "failed_above", "Load over five minutes, per processor, above which it is failed.",
        {.unit = "per CPU", .least = 0}),
    field<&Options::pressure_degraded_above>(
        "pressure_degraded_above",
        "Share of the last minute in which work stood still for lack of a resource, above which it "
        "is degraded; by default not judged.",
        {.example = "20%"}),
    field<&Options::pressure_failed_above>(
        "pressure_failed_above", "The same share, above which it is failed.", {.example = "60%"}),
    field<&Options::pressure, verify_pressure>(
        "pressure", "The resources whose pressure is judged: cpu, memory, io.",
        {.example = "[memory, io]"}),
};

constexpr std::string_view proves = R"(
    The load over five minutes, divided by the processors of the machine, is below a
    bound. A high load alone is not a problem: a machine that compiles with more jobs than
    processors is busy and healthy. The default bounds (4 and 16 per processor) therefore
    find only a hopeless load. Also in a container the load is that of the whole machine,
    so it is never divided by the processors of the container; these are shown as
    cpus_allowed. Pressure shows whether work waits: it is the share of time in which work
    stood still. It is shown if the kernel measures it; in a container it is that of the
    container. It is judged when its bounds are set; if the kernel does not measure it,
    the result is then unknown.)"_prose;

}  // namespace

Outcome judge(const Options& options, const Figures& figures) {
    const double per_cpu = figures.load5 / figures.cpus;
    const std::string load = fmt::format("load {:.2f} per CPU", per_cpu);
    Findings findings;
    findings.add(judged_above(per_cpu, options.degraded_above, options.failed_above), load);

    std::string unmeasured;
    if (options.pressure_degraded_above || options.pressure_failed_above) {
        const double degraded_above =
            options.pressure_degraded_above.value_or(Percentage{100}).value;
        const double failed_above = options.pressure_failed_above.value_or(Percentage{100}).value;
        for (const std::string& resource : options.pressure) {
            const auto found = figures.pressure.find(resource);
            if (found == figures.pressure.end()) {
                unmeasured += (unmeasured.empty() ? "" : ", ") + resource;
                continue;
            }
            findings.add(
                judged_above(found->second, degraded_above, failed_above),
                fmt::format("{} pressure {}", resource, text::about_percent(found->second)));
        }
    }

    Outcome outcome = findings.outcome(load);
    // A figure that was asked for and is missing makes the result unknown; a bad figure is still
    // bad.
    if (findings.status == Status::ok && !unmeasured.empty())
        outcome = unknown("the kernel does not measure pressure", "no pressure of: " + unmeasured);
    outcome.with("load1", figures.load1)
        .with("load5", figures.load5)
        .with("load15", figures.load15)
        .with("load_per_cpu", two_decimals(per_cpu))
        .with("cpus", static_cast<std::int64_t>(figures.cpus));
    if (figures.cpus_allowed) outcome.with("cpus_allowed", two_decimals(*figures.cpus_allowed));
    for (const auto& [resource, share] : figures.pressure)
        outcome.with(resource + "_pressure_percent", share);
    return outcome;
}

const Kind kind = make_kind<Options, fields, run_examining<examine, Options>, verify, from_url>(
    "load", "The machine is not hopelessly overloaded.",
    {.proves = proves, .schemes = {"load"}, .category = Category::system});

}  // namespace vitals::checks::load
