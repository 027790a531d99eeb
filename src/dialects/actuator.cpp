// `actuator`: Spring Boot's health endpoint. Groups of components are composites; the groups
// `liveness` and `readiness` are there too, and a path per component. What Spring has no word for:
// degraded is UP with `details`; UNKNOWN answers 503, because what is not known is not healthy.
// While decommissioned, readiness and the whole are OUT_OF_SERVICE, liveness is not.
// Source: Spring Boot 3's actuator API, health.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "dialects/accept.hpp"
#include "dialects/catalog.hpp"
#include "dialects/json_writer.hpp"
#include "dialects/mount.hpp"
#include "dialects/probes.hpp"

namespace vitals::dialects {

namespace {

struct Options {};

using States = std::vector<const ComponentState*>;

std::string_view word(Status status) {
    switch (status) {
        case Status::ok:
        case Status::degraded:
            return "UP";
        case Status::failed:
            return "DOWN";
        case Status::unknown:
            break;
    }
    return "UNKNOWN";
}

struct Answer {
    const Request& request;
    JsonWriter writer;
    std::string_view nested;  // how composites name their parts; "details" before Boot 2.2

    Answer(std::string& body, const Request& asked, std::string_view key)
        : request(asked), writer(body), nested(key) {}

    // What stands within a component's braces.
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
        writer.member("status", word(aggregate(states, request.now)));
        writer.key(nested).object();
        for (const ComponentState* state : states) {
            writer.key(state->component->short_name()).object();
            leaf(*state);
            writer.end_object();
        }
        writer.end_object();
    }

    void components(const States& states) {
        std::map<std::string_view, States> parts;
        for (const ComponentState* state : states) {
            const std::string_view group = state->component->group();
            parts[group.empty() ? std::string_view(state->name()) : group].push_back(state);
        }
        for (const auto& [name, members] : parts) {
            writer.key(name).object();
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

// The whole, or the group readiness: everything that is shown, and whether this takes part.
void write_whole(Answer& answer, const Snapshot& snapshot, const States& states, bool root,
                 Response& response) {
    const Request& request = answer.request;
    const bool out = snapshot.decommission.active();
    const Status overall = aggregate(states, request.now);
    response.status = code_for(out ? Status::failed : overall, request, 503);
    const bool down = overall == Status::failed;
    JsonWriter& writer = answer.writer;
    writer.object().member("status", out && !down ? "OUT_OF_SERVICE" : word(overall));
    writer.key(answer.nested).object();
    answer.components(states);
    if (out) writer.key("readinessState").object().member("status", "OUT_OF_SERVICE").end_object();
    writer.end_object();
    if (root) writer.key("groups").array().value("liveness").value("readiness").end_array();
    writer.end_object();
}

void write_liveness(Answer& answer, const Snapshot& snapshot, Response& response) {
    const auto lines = probe_lines(Probe::live, snapshot, answer.request, false);
    const Status result = overall(lines);
    response.status = code_for(result, answer.request, 503);
    JsonWriter& writer = answer.writer;
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

Response render(const Snapshot& snapshot, const Request& request, const void*) {
    constexpr std::array<std::string_view, 3> types{"application/vnd.spring-boot.actuator.v3+json",
                                                    "application/vnd.spring-boot.actuator.v2+json",
                                                    "application/json"};
    const std::size_t type = negotiate(request.accept, types).value_or(0);
    Response response;
    response.content_type = types[type];
    Answer answer(response.body, request, type == 1 ? "details" : "components");
    const States states = visible(snapshot, request, false);
    if (request.rest.empty() || request.rest == "readiness")
        write_whole(answer, snapshot, states, request.rest.empty(), response);
    else if (request.rest == "liveness")
        write_liveness(answer, snapshot, response);
    else if (!write_part(answer, states, request.rest, response))
        return missing();
    response.headers.emplace_back("Vary", "Accept");
    return response;
}

}  // namespace

constinit const Dialect actuator{
    .description = describe<Options>(
        "actuator", "Components as UP or DOWN, with groups for liveness and readiness.", {}),
    .usual_path = "/actuator/health",
    .origin = "Spring Boot Actuator",
    .codes = "200 / 503",
    .own_components = false,
    .match = below,
    .render = render,
};

}  // namespace vitals::dialects
