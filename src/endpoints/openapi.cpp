#include "endpoints/openapi.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "endpoints/operation.hpp"
#include "endpoints/problem.hpp"
#include "text/json.hpp"

namespace vitals::endpoints {
namespace {

using text::JsonWriter;

constexpr std::string_view api_version = "1.0.0";

std::string_view name_of(Right right) {
    constexpr std::array<std::string_view, 4> names{"", "read", "push", "control"};
    return names[static_cast<std::size_t>(right)];
}

void write_content(JsonWriter& writer, std::string_view type, const NamedSchema& schema) {
    writer.key("content").object().key(type).object().key("schema").object();
    writer.member("$ref", "#/components/schemas/" + std::string(schema.name));
    writer.end_object().end_object().end_object();
}

void write_answer(JsonWriter& writer, int status, std::string_view when,
                  const NamedSchema* content) {
    writer.key(std::to_string(status)).object().member("description", when);
    if (status >= 400)
        write_content(writer, "application/problem+json", problem_schema);
    else if (content != nullptr)
        write_content(writer, "application/json", *content);
    writer.end_object();
}

void write_answers(JsonWriter& writer, const Operation& operation) {
    writer.key("responses").object();
    if (operation.open != nullptr) {
        writer.key("200").object().member("description", "A stream that goes on.");
        writer.key("content").object().key("text/event-stream").object().key("schema").object();
        writer.member("type", "string").end_object().end_object().end_object().end_object();
    }
    if (operation.answer != nullptr) write_answer(writer, 200, "As asked.", operation.answer);
    for (const AnswerCase& each : operation.answers)
        write_answer(writer, each.status, each.when, each.content);
    if (operation.right != Right::none) {
        write_answer(writer, 401, "No token was shown, or one that is not known.", nullptr);
        write_answer(
            writer, 403,
            "The token does not have the right `" + std::string(name_of(operation.right)) + "`.",
            nullptr);
    }
    writer.end_object();
}

void write_parameters(JsonWriter& writer, const Operation& operation) {
    if (operation.parameters.empty() && operation.query.empty()) return;
    writer.key("parameters").array();
    for (const PathParameter& parameter : operation.parameters) {
        writer.object().member("name", parameter.name).member("in", "path");
        writer.member("required", true).member("description", parameter.sentence);
        writer.key("schema").object().member("type", "string").member("minLength", 1);
        writer.member("maxLength", parameter.longest).end_object().end_object();
    }
    for (const QueryParameter& parameter : operation.query) {
        writer.object().member("name", parameter.name).member("in", "query");
        writer.member("required", false).member("description", parameter.sentence);
        writer.key("schema").object().member("type", "string").end_object().end_object();
    }
    writer.end_array();
}

void write_operation(JsonWriter& writer, const Operation& operation) {
    std::string method(operation.method);
    std::ranges::transform(method, method.begin(),
                           [](char c) { return static_cast<char>(c - 'A' + 'a'); });
    writer.key(method).object();
    writer.member("operationId", operation.id).member("summary", operation.summary);
    write_parameters(writer, operation);
    if (operation.body != nullptr) {
        writer.key("requestBody").object().member("required", operation.body_required);
        write_content(writer, "application/json", *operation.body);
        writer.end_object();
    }
    writer.key("security").array();
    if (operation.right != Right::none)
        writer.object()
            .key("bearer")
            .array()
            .value(name_of(operation.right))
            .end_array()
            .end_object();
    writer.end_array();
    write_answers(writer, operation);
    writer.end_object();
}

// Operations with the same path stand together in the table.
void write_paths(JsonWriter& writer) {
    writer.key("paths").object();
    std::string_view path;
    for (const Operation* operation : operations()) {
        if (operation->path != path) {
            if (!path.empty()) writer.end_object();
            path = operation->path;
            writer.key(path).object();
        }
        write_operation(writer, *operation);
    }
    writer.end_object().end_object();
}

// Appends a schema after those that it refers to, each once.
void collect(const NamedSchema* schema, std::vector<const NamedSchema*>& all) {
    if (schema == nullptr || std::ranges::find(all, schema) != all.end()) return;
    for (const NamedSchema* each : schema->refers) collect(each, all);
    all.push_back(schema);
}

void write_components(JsonWriter& writer) {
    std::vector<const NamedSchema*> all;
    for (const Operation* operation : operations()) {
        collect(operation->body, all);
        collect(operation->answer, all);
        for (const AnswerCase& each : operation->answers) collect(each.content, all);
    }
    collect(&problem_schema, all);
    writer.key("components").object().key("securitySchemes").object().key("bearer").object();
    writer.member("type", "http").member("scheme", "bearer").end_object().end_object();
    writer.key("schemas").object();
    for (const NamedSchema* schema : all) writer.key(schema->name).raw(schema->json());
    writer.end_object().end_object();
}

}  // namespace

std::string openapi_document() {
    std::string document;
    JsonWriter writer(document);
    writer.object().member("openapi", "3.1.0").key("info").object();
    writer.member("title", "vitals control API").member("version", api_version);
    writer.member("description",
                  "On a control listener no token is needed. Elsewhere every operation needs one "
                  "whose rights include the one named under `security`.");
    writer.key("license").object().member("name", "Apache-2.0");
    writer.member("identifier", "Apache-2.0").end_object().end_object();
    writer.key("servers").array().object().member("url", "/").end_object().end_array();
    write_paths(writer);
    write_components(writer);
    writer.end_object();
    document += '\n';
    return document;
}

}  // namespace vitals::endpoints
