// The operations of /v1.
#include "endpoints/control_api.hpp"

#include <algorithm>
#include <vector>

#include "endpoints/api_body.hpp"
#include "endpoints/component_json.hpp"
#include "http/request.hpp"
#include "model/name.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;
using dialects::Request;
using dialects::Response;
using Answered = std::optional<http::Response>;

constexpr std::size_t longest_text = 1024;

Response json_answer(const json::value& value, int status = 200) {
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = json::serialize(value) + "\n";
    return response;
}

Response empty_answer(int status) {
    Response response;
    response.status = status;
    return response;
}

// ---- reads -------------------------------------------------------------------------------------

Response list_components(const Snapshot& snapshot, const Request& request, const void*) {
    json::object answer;
    answer["service"] = {{"name", valid_utf8(snapshot.service.name)},
                         {"version", valid_utf8(snapshot.service.version)}};
    std::vector<const ComponentState*> all;
    all.reserve(snapshot.components.size());
    json::array components;
    components.reserve(snapshot.components.size());
    for (const auto& state : snapshot.components) {
        all.push_back(state.get());
        components.push_back(component_json(*state, snapshot, request.now));
    }
    answer["status"] = to_string(dialects::overall_status(snapshot, all, request));
    answer["version"] = snapshot.version;
    answer["decommission"] = decommission_json(snapshot.decommission);
    answer["components"] = std::move(components);
    Response response = json_answer(answer);
    response.repeat_for = std::chrono::seconds(1);  // ages are shown
    return response;
}

Response get_component(const Snapshot& snapshot, const Request& request, const void*) {
    const ComponentState* state = snapshot.find(request.rest);
    if (state == nullptr)
        return problem_answer(404, "there is no component of this name", request.path);
    Response response = json_answer(component_json(*state, snapshot, request.now));
    response.repeat_for = std::chrono::seconds(1);
    return response;
}

Response get_drain(const Snapshot& snapshot, const Request&, const void*) {
    return json_answer(decommission_json(snapshot.decommission));
}

Response get_openapi(const Snapshot&, const Request&, const void*) {
    Response response;
    response.content_type = "application/json";
    response.body = openapi_document(std::string(api_version));
    return response;
}

// ---- changes -----------------------------------------------------------------------------------

// How an answer of the control seam is told. `done` has no content.
http::Response told(Control::Answer answer, const std::string& why, const std::string& path) {
    auto problem = [&](int status, std::string_view usual) {
        return problem_answer(status, why.empty() ? usual : std::string_view(why), path);
    };
    switch (answer) {
        case Control::Answer::done:
            return empty_answer(204);
        case Control::Answer::created: {
            Response response = empty_answer(201);
            response.headers.emplace_back("Location", path);
            return response;
        }
        case Control::Answer::unknown_component:
            return problem(404, "there is no component of this name");
        case Control::Answer::not_pushed:
            return problem(409, "this component is checked; its state cannot be pushed");
        case Control::Answer::configured:
            return problem(409, "this component stands in the configuration; remove it there");
        case Control::Answer::refused:
            break;
    }
    return problem(422, "the change was refused");
}

Answered unavailable(const Call& call) {
    return problem_answer(501, "this program does not offer that", call.path);
}

Answered refuse(const Call& call, const BodyProblem& problem) {
    return problem_answer(problem.status, problem.detail, call.path);
}

// Answers a call with what the control seam says of it.
auto tell(Call& call) {
    return [path = call.path, reply = std::move(call.reply)](
               Control::Answer answer, const std::string& why) { reply(told(answer, why, path)); };
}

Answered put_component(Call call) {
    const std::string& name = call.names[0];
    if (const std::string problem = name_problem(name); !problem.empty())
        return problem_answer(400, "the component's name " + problem, call.path);
    auto push = parse_push(name, call.body);
    if (!push) return refuse(call, push.error());
    if (!call.control.push) return unavailable(call);
    call.control.push(std::move(*push), tell(call));
    return {};
}

Answered delete_component(Call call) {
    if (!call.control.remove) return unavailable(call);
    call.control.remove(call.names[0], tell(call));
    return {};
}

Answered run_component(Call call) {
    if (!call.control.run) return unavailable(call);
    call.control.run(call.names[0], [path = call.path, reply = std::move(call.reply)](
                                        const std::shared_ptr<const ComponentState>& state) {
        if (state == nullptr) {
            reply(problem_answer(404, "there is no component of this name, or it went away", path));
            return;
        }
        Snapshot alone;
        alone.components.push_back(state);
        reply(json_answer(component_json(*state, alone, state->observed)));
    });
    return {};
}

Answered take_heartbeats(Call call, std::vector<Heartbeat> beats) {
    if (call.names[0].find('/') != std::string::npos)
        return problem_answer(400, "a group of workers has no `/` in its name", call.path);
    if (!call.control.heartbeat) return unavailable(call);
    Heartbeats heard{std::move(call.names[0]), std::move(beats)};
    call.control.heartbeat(std::move(heard), [path = call.path, reply = std::move(call.reply)](
                                                 const std::string& problem) {
        reply(problem.empty() ? empty_answer(204) : problem_answer(422, problem, path));
    });
    return {};
}

Answered put_heartbeat(Call call) {
    auto beat = parse_heartbeat(call.names[1], call.body);
    if (!beat) return refuse(call, beat.error());
    return take_heartbeats(std::move(call), {std::move(*beat)});
}

Answered put_heartbeats(Call call) {
    auto beats = parse_heartbeats(call.body);
    if (!beats) return refuse(call, beats.error());
    return take_heartbeats(std::move(call), std::move(*beats));
}

Answered put_drain(Call call) {
    auto text = parse_drain(call.body, longest_text);
    if (!text) return refuse(call, text.error());
    if (!call.control.decommission) return unavailable(call);
    auto tell = [text = *text, reply = std::move(call.reply)](bool durable) {
        Decommission state;
        state.text = text;
        json::object answer = decommission_json(state);
        answer["durable"] = durable;
        Response response = json_answer(answer);
        if (!durable)
            response.headers.emplace_back("Warning",
                                          "199 vitals \"not saved, will not survive a restart\"");
        reply(std::move(response));
    };
    call.control.decommission(*text, std::move(call.who), std::move(tell));
    return {};
}

Answered reload(Call call) {
    if (!call.control.reload) return unavailable(call);
    call.control.reload([path = call.path,
                         reply = std::move(call.reply)](const std::vector<std::string>& problems) {
        if (problems.empty()) {
            reply(empty_answer(204));
            return;
        }
        json::object problem =
            problem_object(422, "the new configuration is wrong and changes nothing", path);
        json::array lines;
        for (const std::string& line : problems) lines.emplace_back(valid_utf8(line));
        problem["problems"] = std::move(lines);
        reply(problem_answer(std::move(problem)));
    });
    return {};
}

// ---- the table ---------------------------------------------------------------------------------

using Case = std::pair<int, std::string_view>;

constexpr Case read_one[] = {{404, "No component has this name."}};
constexpr Case push_answers[] = {{201, "The component did not exist and was created."},
                                 {204, "The result was taken."},
                                 {400, "The name or the body is not valid."},
                                 {404, "There is no such component, and `create` is false."},
                                 {409, "The component is checked, not pushed."},
                                 {413, "The body is larger than is accepted."},
                                 {422, "The result was refused."}};
constexpr Case delete_answers[] = {{204, "The component is gone."},
                                   {404, "No component has this name."},
                                   {409, "The component stands in the configuration."}};
constexpr Case heartbeat_answers[] = {
    {204, "The heartbeats were taken."},
    {400, "The body is not valid."},
    {413, "The body is larger than is accepted."},
    {422, "There is no such group, or a name cannot be a worker's."}};
constexpr Case drain_answers[] = {{400, "The body is not valid."},
                                  {413, "The body is larger than is accepted."}};
constexpr Case reload_answers[] = {
    {204, "The new configuration is in force."},
    {422, "The new configuration is wrong; nothing changed. `problems` has one line for each."}};

constexpr Operation table[] = {
    {.method = "GET",
     .path = "/v1/components",
     .id = "listComponents",
     .summary = "All components and their state.",
     .right = Right::read,
     .render = list_components,
     .answer_schema = "ComponentList"},
    {.method = "GET",
     .path = "/v1/components/{name}",
     .id = "getComponent",
     .summary = "One component and its state.",
     .right = Right::read,
     .render = get_component,
     .answer_schema = "Component",
     .answers = read_one},
    {.method = "PUT",
     .path = "/v1/components/{name}",
     .id = "pushComponent",
     .summary = "Push a result; a component that does not exist is created.",
     .right = Right::push,
     .act = put_component,
     .body_schema = "Push",
     .answers = push_answers},
    {.method = "DELETE",
     .path = "/v1/components/{name}",
     .id = "deleteComponent",
     .summary = "Remove a component that was created by a push.",
     .right = Right::push,
     .act = delete_component,
     .answers = delete_answers},
    {.method = "POST",
     .path = "/v1/components/{name}/run",
     .id = "runComponent",
     .summary = "Run its check now, or share the run under way, and return the state after it.",
     .right = Right::control,
     .act = run_component,
     .answer_schema = "Component",
     .answers = read_one},
    {.method = "PUT",
     .path = "/v1/workers/{group}/{worker}/heartbeat",
     .id = "putHeartbeat",
     .summary = "A worker says that it is alive, or that it leaves.",
     .right = Right::push,
     .act = put_heartbeat,
     .body_schema = "Heartbeat",
     .body_required = false,
     .answers = heartbeat_answers},
    {.method = "PUT",
     .path = "/v1/workers/{group}/heartbeats",
     .id = "putHeartbeats",
     .summary = "Many workers of a group say so at once.",
     .right = Right::push,
     .act = put_heartbeats,
     .body_schema = "Heartbeats",
     .answers = heartbeat_answers},
    {.method = "GET",
     .path = "/v1/drain",
     .id = "getDrain",
     .summary = "Whether this instance is decommissioned.",
     .right = Right::read,
     .render = get_drain,
     .answer_schema = "Drain"},
    {.method = "PUT",
     .path = "/v1/drain",
     .id = "putDrain",
     .summary = "Decommission this instance with any text but `OK`; `OK` brings it back.",
     .right = Right::control,
     .act = put_drain,
     .body_schema = "DrainChange",
     .answer_schema = "DrainChanged",
     .answers = drain_answers},
    {.method = "POST",
     .path = "/v1/reload",
     .id = "reload",
     .summary = "Read the configuration again.",
     .right = Right::control,
     .act = reload,
     .answers = reload_answers},
    {.method = "GET",
     .path = "/v1/openapi.json",
     .id = "getOpenApi",
     .summary = "This description.",
     .right = Right::none,
     .render = get_openapi,
     .answer_schema = "OpenApi"},
};

std::string_view take_segment(std::string_view& path) {
    std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
    return segment;
}

// Matches a raw path with a template, segment by segment; the parameters' raw segments come back.
bool matches(std::string_view path, std::string_view pattern,
             std::vector<std::string_view>& parameters) {
    parameters.clear();
    if (std::count(path.begin(), path.end(), '/') !=
        std::count(pattern.begin(), pattern.end(), '/'))
        return false;
    while (!pattern.empty()) {
        std::string_view wanted = take_segment(pattern), segment = take_segment(path);
        if (wanted.starts_with('{') && !segment.empty())
            parameters.push_back(segment);
        else if (wanted != segment)
            return false;
    }
    return true;
}

}  // namespace

std::span<const Operation> operations() {
    return table;
}

Resource find_resource(std::string_view raw_path) {
    Resource resource;
    std::vector<std::string_view> parameters;
    for (const Operation& operation : table) {
        if (!matches(raw_path, operation.path, parameters)) continue;
        resource.operations.push_back(&operation);
        if (!resource.names.empty()) continue;
        for (std::string_view segment : parameters) {
            auto name = http::percent_decode(segment);
            resource.bad_name |= !name;
            resource.names.push_back(name.value_or(""));
        }
    }
    return resource;
}

std::string allowed(const Resource& resource) {
    std::string methods;
    for (const Operation* operation : resource.operations) {
        methods.append(operation->method).append(", ");
        if (operation->method == "GET") methods += "HEAD, ";
    }
    return methods + "OPTIONS";
}

}  // namespace vitals::endpoints
