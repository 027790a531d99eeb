// `microprofile`: MicroProfile Health 4: `live`, `ready`, `started` (also `start`, as in its table)
// and the path itself for everything. probes.hpp has the meaning of the words. Degraded is UP with
// the fact in `data`; a component that is not critical may be DOWN while the whole is UP.
#include <array>
#include <string>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "dialects/probes.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Options {};

std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    const std::optional<std::string_view> rest = below(mount, path);
    if (!rest) return std::nullopt;
    for (const std::string_view known : {"", "live", "ready", "started", "start"})
        if (*rest == known) return rest;
    return std::nullopt;
}

Probe probe_of(std::string_view word) {
    if (word == "live") return Probe::live;
    if (word == "ready") return Probe::ready;
    return word.empty() ? Probe::all : Probe::startup;
}

void write_check(text::JsonWriter& writer, const ProbeLine& line, Probe probe,
                 const Request& request) {
    writer.object().member("name", line.name).member("status", line.passed() ? "UP" : "DOWN");
    // Startup only asks whether a component has started: its first result does not matter.
    const bool silent = line.state == nullptr || (probe == Probe::startup && line.passed());
    const std::string detail = silent ? std::string() : shown_detail(*line.state, request);
    if (line.status != Status::ok || !detail.empty()) {
        writer.key("data").object().member("status", to_string(line.status));
        if (!detail.empty()) writer.member("detail", detail);
        if (!line.critical) writer.member("critical", false);
        writer.end_object();
    }
    writer.end_object();
}

Response render(const Snapshot& snapshot, const Request& request) {
    const Probe probe = probe_of(request.rest);
    auto lines = probe_lines(probe, snapshot, request, false);
    const Status result = overall(lines);
    Response response;
    response.status = code_for(result, request, 503);
    response.content_type = "application/json";
    text::JsonWriter writer(response.body);
    writer.object().member("status", result == Status::failed ? "DOWN" : "UP");
    writer.key("checks").array();
    for (const ProbeLine& line : lines) write_check(writer, line, probe, request);
    writer.end_array().end_object();
    return response;
}

}  // namespace

// If health_json is also mounted, /health itself belongs to it.
extern constinit const Dialect microprofile = make_dialect<Options, render>(
    "microprofile", "Liveness, readiness and startup in the format of MicroProfile Health 4.", {},
    {"/health", "MicroProfile Health 4", "200 / 503"}, {.match = match});

}  // namespace vitals::dialects
