#include "job.hpp"

#include <fmt/format.h>

#include "checks/ping_key.hpp"
#include "text/prose.hpp"

namespace vitals::checks::job {

namespace {

Verified verify_zone(const std::string& zone) {
    if (zone.empty()) return {};
    const auto found = calendar::Zone::find(zone);
    if (!found) return std::unexpected(found.error());
    return {};
}

Verified verify(const Options& options) {
    if (options.run_min && *options.run_min >= options.run_max)
        return std::unexpected(fmt::format("run_min {} is not less than run_max {}",
                                           format_duration(*options.run_min),
                                           format_duration(options.run_max)));
    if (!options.zone.empty() && !options.schedule)
        return std::unexpected(
            "zone says by which clock a schedule counts, and there is no "
            "schedule");
    return {};
}

constexpr double second = 1'000;
constexpr double year = 365.0 * 24 * 3600 * second;

constexpr Field fields[] = {
    field<&Options::schedule>(
        "schedule",
        "When runs are due, as a cron expression; without it, the begin of a run is not judged.",
        {.example = "0 3 * * *"}),
    field<&Options::zone, verify_zone>("zone",
                                       "The time zone of the schedule; by default this machine's.",
                                       {.example = "Europe/Berlin"}),
    field<&Options::start_grace>("start_grace",
                                 "A run that was due and has not begun after this long is failed.",
                                 {.least = second, .most = year}),
    field<&Options::run_max>("run_max",
                             "A run that began and has not ended after this long is failed.",
                             {.example = "2h", .least = second, .most = year}),
    field<&Options::run_min>("run_min",
                             "A run that takes less time is failed: it cannot have done its work.",
                             {.example = "1m", .least = 1, .most = year}),
    field<&Options::overlap>("overlap",
                             "What a run counts as that begins while another one goes on.",
                             {.choices = "degraded|failed|allowed"}),
    ping_key_field<&Options::ping_key>(),
};

constexpr std::string_view proves = R"(
    The job ended within its time, with exit code 0. `vitals heartbeat NAME -- COMMAND`
    reports when it begins and how it ends, and so can any program over the API (`POST
    /v1/jobs/NAME/start`, `end`). A start changes no status. The check cannot tell whether
    a job that exits with 0 has done its work.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, nullptr, verify>(
    "job", "Judges a job by how and when it ends.", {.proves = proves});

}  // namespace vitals::checks::job
