// The OpenAPI 3.1 document, written from the table of operations.
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "endpoints/component_json.hpp"
#include "endpoints/control_api.hpp"
#include "http/answer.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

json::object reference(std::string_view schema) {
    return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

json::object content(std::string_view type, std::string_view schema) {
    json::object media{{"schema", reference(schema)}};
    return {{type, std::move(media)}};
}

json::object text(std::string_view sentence) {
    return {{"type", "string"}, {"description", sentence}};
}

json::object typed(std::string_view type, std::string_view sentence) {
    return {{"type", type}, {"description", sentence}};
}

json::object status_schema() {
    return {{"type", "string"},
            {"enum", {"ok", "degraded", "failed", "unknown"}},
            {"description", "`unknown`: not run yet, stale, or blind; never healthy."}};
}

json::object object_schema(json::object properties, json::array required, bool closed = false) {
    json::object schema{{"type", "object"},
                        {"properties", std::move(properties)},
                        {"required", std::move(required)}};
    if (closed) schema["additionalProperties"] = false;
    return schema;
}

json::object counts_schema(std::string_view sentence) {
    json::object count{{"type", "integer"}, {"minimum", 0}};
    json::object schema =
        object_schema({{"ok", count}, {"degraded", count}, {"failed", count}, {"unknown", count}},
                      {"ok", "degraded", "failed", "unknown"});
    schema["description"] = sentence;
    return schema;
}

json::object properties_schema() {
    return {{"type", "object"},
            {"description", "Further facts of any form, in the order in which they were given."},
            {"additionalProperties", true}};
}

json::object component_schema() {
    json::object strings{{"type", "array"}, {"items", {{"type", "string"}}}};
    json::object moment{{"type", "string"}, {"format", "date-time"}};
    json::object phase = object_schema(
        {{"name", text("The step.")}, {"seconds", typed("number", "How long it took.")}},
        {"name", "seconds"});
    json::object classes{
        {"type", "string"},
        {"enum",
         {"resolve", "connect", "tls", "auth", "protocol", "assertion", "timeout", "local"}}};
    json::object properties{
        {"name", text("`name` or `group/name`.")},
        {"kind", text("The kind of check.")},
        {"status", reference("Status")},
        {"detail", text("In words, for the public.")},
        {"critical", typed("boolean", "Whether it decides the aggregate.")},
        {"created_by_push", typed("boolean", "True where it stands in no configuration.")},
        {"stale", typed("boolean", "Whether the latest result is too old to count.")},
        {"cause", text("The failed component that made this one fail.")},
        {"tags", strings},
        {"depends_on", strings},
        {"interval_seconds", typed("number", "Between two runs.")},
        {"timeout_seconds", typed("number", "A run's deadline.")},
        {"observed_at", moment},
        {"age_seconds", typed("number", "Since the latest run ended.")},
        {"since", moment},
        {"found", reference("Status")},
        {"failing_runs", typed("integer", "Consecutive failing runs up to now.")},
        {"passing_runs", typed("integer", "Consecutive passing runs up to now.")},
        {"error_class", std::move(classes)},
        {"error", text("What the other side said.")},
        {"failed_phase", text("The step that failed or hung.")},
        {"duration_seconds", typed("number", "Of the latest run.")},
        {"phases", {{"type", "array"}, {"items", std::move(phase)}}},
        {"properties", properties_schema()},
        {"runs", counts_schema("Finished runs by what they found.")},
        {"transitions", counts_schema("Changes of state by the state reached.")}};
    return object_schema(std::move(properties),
                         {"name", "kind", "status", "detail", "critical", "stale",
                          "interval_seconds", "timeout_seconds", "runs", "transitions"});
}

json::object drain_properties() {
    return {{"text", text("`OK`, or why the instance is decommissioned.")},
            {"active", typed("boolean", "Whether it is decommissioned or about to stop.")},
            {"draining", typed("boolean", "Whether the process is about to stop.")}};
}

json::object push_schema() {
    json::object ttl{{"description",
                      "Silent for longer than this, the component is failed; without it the "
                      "component's own time to live holds."},
                     {"oneOf",
                      {{{"type", "string"}, {"examples", {"90s", "5m"}}},
                       {{"type", "number"}, {"exclusiveMinimum", 0}}}}};
    return object_schema({{"status", reference("Status")},
                          {"detail", {{"type", "string"}, {"maxLength", 4096}}},
                          {"properties", properties_schema()},
                          {"ttl", std::move(ttl)},
                          {"create", typed("boolean",
                                           "False: refuse where there is no such "
                                           "component. Usually it is created.")},
                          {"critical", typed("boolean",
                                             "Whether a component that is created "
                                             "decides the aggregate; usually not.")}},
                         {"status"}, true);
}

json::object schemas() {
    json::object all;
    all["Status"] = status_schema();
    all["Component"] = component_schema();
    all["ComponentList"] = object_schema(
        {{"service",
          object_schema({{"name", text("The service.")}, {"version", text("Its version.")}},
                        {"name", "version"})},
         {"status", reference("Status")},
         {"version", typed("integer", "Grows with every change.")},
         {"decommission", reference("Drain")},
         {"components", {{"type", "array"}, {"items", reference("Component")}}}},
        {"service", "status", "version", "decommission", "components"});
    all["Push"] = push_schema();
    all["Drain"] = object_schema(drain_properties(), {"text", "active", "draining"});
    json::object changed = drain_properties();
    changed["durable"] = typed("boolean", "Whether it will survive a restart.");
    all["DrainChanged"] =
        object_schema(std::move(changed), {"text", "active", "draining", "durable"});
    json::object change{{"type", "string"}, {"minLength", 1}, {"maxLength", 1024}};
    all["DrainChange"] = object_schema({{"text", std::move(change)}}, {"text"}, true);
    all["OpenApi"] = {{"type", "object"}};
    json::object sent{{"type", "number"},
                      {"minimum", 0},
                      {"description", "Seconds since 1970 by the worker's clock; only shown."}};
    json::object leaving{{"type", "boolean"}, {"description", "The worker stops, politely."}};
    all["Heartbeat"] = object_schema({{"sent", sent}, {"leaving", leaving}}, {}, true);
    json::object worker = object_schema({{"name", text("The worker's name.")},
                                         {"sent", std::move(sent)},
                                         {"leaving", std::move(leaving)}},
                                        {"name"}, true);
    json::object one_of{{"oneOf", json::array{{{"type", "string"}}, std::move(worker)}}};
    all["Heartbeats"] = object_schema(
        {{"workers", {{"type", "array"}, {"items", std::move(one_of)}}}}, {"workers"}, true);
    all["Problem"] = object_schema(
        {{"type", text("Always `about:blank`: the status says what kind of problem it is.")},
         {"title", text("The status in words.")},
         {"status", typed("integer", "The HTTP status.")},
         {"detail", text("What is wrong, and what to do.")},
         {"instance", text("The path that was asked for.")},
         {"problems", {{"type", "array"}, {"items", {{"type", "string"}}}}}},
        {"type", "title", "status", "detail", "instance"});
    return all;
}

std::string_view right_name(Right right) {
    switch (right) {
        case Right::read:
            return "read";
        case Right::push:
            return "push";
        case Right::control:
            return "control";
        case Right::none:
            break;
    }
    return {};
}

void add_problem(json::object& responses, int status, std::string_view sentence) {
    responses[std::to_string(status)] = {
        {"description", sentence}, {"content", content("application/problem+json", "Problem")}};
}

json::object responses_of(const Operation& operation) {
    json::object responses;
    if (!operation.answer_schema.empty())
        responses["200"] = {{"description", "As asked."},
                            {"content", content("application/json", operation.answer_schema)}};
    for (const auto& [status, sentence] : operation.answers) {
        if (status < 400)
            responses[std::to_string(status)] = {{"description", sentence}};
        else
            add_problem(responses, status, sentence);
    }
    if (operation.right != Right::none) {
        add_problem(responses, 401, "No token was shown, or one that is not known.");
        add_problem(
            responses, 403,
            "The token has not the right `" + std::string(right_name(operation.right)) + "`.");
    }
    return responses;
}

std::string_view meaning_of(std::string_view parameter) {
    if (parameter == "group") return "The group of workers, as the configuration names it.";
    if (parameter == "worker") return "The worker's name as one segment, percent-encoded.";
    return "The component's name as one segment, percent-encoded: `databases%2Fdefault`.";
}

json::array parameters_of(std::string_view path) {
    json::array parameters;
    for (std::size_t at = 0; (at = path.find('{', at)) != std::string_view::npos; ++at) {
        const std::string_view name = path.substr(at + 1, path.find('}', at) - at - 1);
        const int longest = name == "worker" ? 256 : 128;
        parameters.push_back(
            {{"name", name},
             {"in", "path"},
             {"required", true},
             {"description", meaning_of(name)},
             {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", longest}}}});
    }
    return parameters;
}

json::object operation_object(const Operation& operation) {
    json::object object{{"operationId", operation.id}, {"summary", operation.summary}};
    if (json::array parameters = parameters_of(operation.path); !parameters.empty())
        object["parameters"] = std::move(parameters);
    if (!operation.body_schema.empty())
        object["requestBody"] = {{"required", operation.body_required},
                                 {"content", content("application/json", operation.body_schema)}};
    if (operation.right == Right::none) {
        object["security"] = json::array();
    } else {
        json::array rights{right_name(operation.right)};
        json::object bearer{{"bearer", std::move(rights)}};
        object["security"] = json::array{std::move(bearer)};
    }
    object["responses"] = responses_of(operation);
    return object;
}

}  // namespace

std::string openapi_document(const std::string& version) {
    json::object paths;
    for (const Operation& operation : operations()) {
        json::value& path = paths[operation.path];
        if (!path.is_object()) path.emplace_object();
        std::string method;
        for (char c : operation.method) method += static_cast<char>(c - 'A' + 'a');
        path.get_object()[method] = operation_object(operation);
    }
    json::object document;
    document["openapi"] = "3.1.0";
    document["info"] = {
        {"title", "vitals control API"},
        {"version", version},
        {"description",
         "On a control listener no token is needed. Elsewhere every operation needs one whose "
         "rights include the one named under `security`."},
        {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}};
    document["servers"] = {{{"url", "/"}}};
    document["paths"] = std::move(paths);
    json::object bearer{{"type", "http"}, {"scheme", "bearer"}};
    document["components"] = {{"securitySchemes", {{"bearer", std::move(bearer)}}},
                              {"schemas", schemas()}};
    return json::serialize(document) + "\n";
}

}  // namespace vitals::endpoints
