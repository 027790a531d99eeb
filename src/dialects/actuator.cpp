// `actuator`: Spring Boot's health endpoint. Groups of components are composites. The groups
// `liveness` and `readiness` exist too, and a path for each component, also below these two. Where
// Spring has no word: degraded is UP with `details`; UNKNOWN answers 503, because an unknown
// component is not healthy. While decommissioned, readiness and the whole are OUT_OF_SERVICE,
// liveness is not. If the last part of the path is `health`, the index of links (`/actuator`) and
// `info` exist beside it. Source: Spring Boot 3's actuator API: health, hypermedia, info.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "dialects/accept.hpp"
#include "dialects/dialect.hpp"
#include "dialects/keys.hpp"
#include "dialects/mount.hpp"
#include "dialects/probes.hpp"
#include "model/per_status.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Options {};

using States = std::vector<const ComponentState*>;

constexpr PerStatus<std::string_view> word{"UP", "UP", "DOWN", "UNKNOWN"};

struct Answer {
    const Request& request;
    text::JsonWriter writer;
    std::string_view nested;  // the member with the parts of a composite; "details" before Boot 2.2

    Answer(std::string& body, const Request& asked, std::string_view key)
        : request(asked), writer(body), nested(key) {}

    // The content of a component's braces.
    void leaf(const ComponentState& state) {
        const Status status = state.status(request.now);
        writer.member("status", word(status));
        const std::string detail = shown_detail(state, request);
        if (status != Status::degraded && detail.empty()) return;
        writer.key("details").object();
        if (status == Status::degraded) writer.member("status", "degraded");
        if (!detail.empty()) writer.member("detail", detail);
        writer.end_object();
    }

    void composite(const States& states) {
        Keys keys;
        writer.member("status", word(aggregate(states, request.now)));
        writer.key(nested).object();
        for (const ComponentState* state : states) {
            writer.key(keys.unique(state->component->short_name())).object();
            leaf(*state);
            writer.end_object();
        }
        writer.end_object();
    }

    void components(const States& states, Keys& keys) {
        std::map<std::string_view, States> parts;
        for (const ComponentState* state : states) {
            const std::string_view group = state->component->group();
            parts[group.empty() ? std::string_view(state->name()) : group].push_back(state);
        }
        for (const auto& [name, members] : parts) {
            writer.key(keys.unique(name)).object();
            if (members.size() == 1 && members[0]->component->group().empty())
                leaf(*members[0]);
            else
                composite(members);
            writer.end_object();
        }
    }
};

Response missing() {
    Response response;
    response.status = 404;
    return response;
}

// The whole, or the group readiness: everything that is shown, and whether this instance takes
// part.
void write_whole(Answer& answer, const Snapshot& snapshot, const States& states, bool root,
                 Response& response) {
    const Request& request = answer.request;
    const bool out = snapshot.decommission.active();
    const Status overall = overall_status(snapshot, states, request);
    response.status = code_for(out ? Status::failed : overall, request, 503);
    const bool down = overall == Status::failed;
    text::JsonWriter& writer = answer.writer;
    writer.object().member("status", out && !down ? "OUT_OF_SERVICE" : word(overall));
    writer.key(answer.nested).object();
    Keys keys;
    if (out) keys.unique("readinessState");
    answer.components(states, keys);
    if (out) writer.key("readinessState").object().member("status", "OUT_OF_SERVICE").end_object();
    writer.end_object();
    if (root) writer.key("groups").array().value("liveness").value("readiness").end_array();
    writer.end_object();
}

void write_liveness(Answer& answer, const Snapshot& snapshot, Response& response) {
    const auto lines = probe_lines(Probe::live, snapshot, answer.request, false);
    const Status result = overall(lines);
    response.status = code_for(result, answer.request, 503);
    text::JsonWriter& writer = answer.writer;
    writer.object().member("status", word(result));
    writer.key(answer.nested).object();
    for (const ProbeLine& line : lines)
        writer.key(line.name).object().member("status", word(line.status)).end_object();
    writer.end_object().end_object();
}

// One component by its name, or a composite by its group's.
bool write_part(Answer& answer, const States& states, std::string_view name, Response& response) {
    States members;
    for (const ComponentState* state : states)
        if (state->name() == name || state->component->group() == name) members.push_back(state);
    if (members.empty()) return false;
    const bool single = members.size() == 1 && members[0]->name() == name;
    const Status status =
        single ? members[0]->status(answer.request.now) : aggregate(members, answer.request.now);
    response.status = code_for(status, answer.request, 503);
    answer.writer.object();
    if (single)
        answer.leaf(*members[0]);
    else
        answer.composite(members);
    answer.writer.end_object();
    return true;
}

// A component or composite below one of the groups; else a component with the name of the group.
bool write_below(Answer& answer, const Snapshot& snapshot, const States& states,
                 std::string_view path, Response& response) {
    const std::string_view group = path.substr(0, path.find('/'));
    const bool below = group.size() < path.size();
    if (below && group == "readiness" &&
        write_part(answer, states, path.substr(group.size() + 1), response))
        return true;
    if (below && group == "liveness") {
        States live;
        for (const ProbeLine& line : probe_lines(Probe::live, snapshot, answer.request, false))
            live.push_back(line.state);
        if (write_part(answer, live, path.substr(group.size() + 1), response)) return true;
    }
    return write_part(answer, states, path, response);
}

// The endpoint's folder, of which its path is the last part: "/actuator".
std::string_view folder_of(std::string_view mount) {
    constexpr std::string_view last = "/health";
    mount = without_slash(mount);
    return mount.ends_with(last) ? mount.substr(0, mount.size() - last.size()) : std::string_view();
}

constexpr std::string_view index_rest = "/", info_rest = "/info";

std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    const std::string_view folder = folder_of(mount);
    if (!folder.empty() && without_slash(path) == folder) return index_rest;
    if (!folder.empty() && path.starts_with(folder) && path.substr(folder.size()) == info_rest)
        return info_rest;
    return below(mount, path);
}

void write_index(text::JsonWriter& writer, const Request& request) {
    const std::string self = request.site + std::string(without_slash(request.path));
    const auto link = [&](std::string_view name, std::string_view path, bool templated) {
        writer.key(name).object().member("href", self + std::string(path));
        writer.member("templated", templated).end_object();
    };
    writer.object().key("_links").object();
    link("self", "", false);
    link("health", "/health", false);
    link("health-path", "/health/{*path}", true);
    link("info", "/info", false);
    writer.end_object().end_object();
}

void write_info(text::JsonWriter& writer, const Service& service) {
    writer.object().key("build").object().member("name", service.name);
    if (!service.version.empty()) writer.member("version", service.version);
    writer.end_object().end_object();
}

Response render(const Snapshot& snapshot, const Request& request) {
    constexpr std::array<std::string_view, 3> types{"application/vnd.spring-boot.actuator.v3+json",
                                                    "application/vnd.spring-boot.actuator.v2+json",
                                                    "application/json"};
    const std::size_t type = negotiate(request.accept, types).value_or(0);
    Response response;
    response.content_type = types[type];
    Answer answer(response.body, request, type == 1 ? "details" : "components");
    const States states = visible(snapshot, request, false);
    if (request.rest == index_rest)
        write_index(answer.writer, request);
    else if (request.rest == info_rest)
        write_info(answer.writer, snapshot.service);
    else if (request.rest.empty() || request.rest == "readiness")
        write_whole(answer, snapshot, states, request.rest.empty(), response);
    else if (request.rest == "liveness")
        write_liveness(answer, snapshot, response);
    else if (!write_below(answer, snapshot, states, request.rest, response))
        return missing();
    response.headers.emplace_back("Vary", "Accept");
    return response;
}

}  // namespace

extern constinit const Dialect actuator = make_dialect<Options, render>(
    "actuator", "Components as UP or DOWN, with groups for liveness and readiness.", {},
    {"/actuator/health", "Spring Boot Actuator", "200 / 503"},
    {.wants_site = true, .match = match});

}  // namespace vitals::dialects
