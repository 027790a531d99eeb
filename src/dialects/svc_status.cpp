// `svc_status`: the status of every handler as CSV, JSON or Prometheus text, always with 200.
// Origin: lovely-ws-status. Its `detail` stands in CSV too; a state that it does not know counts as
// RED here (there: as OK).
//
// Further properties are published for components whose state was handed in (`push`, `handler`):
// they are that handler's own words, and the original's document shows them. Those of other kinds
// may hold addresses or versions and need full disclosure.
//
// The original's `labels` are properties whose names begin with `labels.`: an object in JSON, and
// one further series each, `<component>_<label>`, in the Prometheus form, if they are numbers.
#include <algorithm>
#include <cmath>
#include <string>

#include "dialects/accept.hpp"
#include "dialects/catalog.hpp"
#include "dialects/escape.hpp"
#include "dialects/exposition.hpp"
#include "dialects/json_writer.hpp"
#include "dialects/mount.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    bool compat = false;
};

constexpr Field fields[] = {
    field<&Options::compat>(
        "compat",
        "Reproduces the original's quirks: Accept is searched for substrings, HELP and TYPE are "
        "repeated for every component in the Prometheus form, and any method reads."),
};

enum class Format { csv, json, prometheus };

std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    if (!path.starts_with(mount)) return std::nullopt;
    path.remove_prefix(mount.size());
    for (const std::string_view form : {"", ".csv", ".json", ".prometheus"})
        if (path == form) return path;
    return std::nullopt;
}

// The original's rule: the header beats the extension, and is searched, not parsed.
Format original_format(const Request& request) {
    if (request.rest == ".prometheus") return Format::prometheus;
    if (request.accept.find("application/json") != std::string::npos) return Format::json;
    if (request.accept.find("text/csv") != std::string::npos) return Format::csv;
    return request.rest == ".json" ? Format::json : Format::csv;
}

// The same order with quality values: where the header prefers one form it decides, where it does
// not the extension does.
Format negotiated_format(const Request& request) {
    if (request.rest == ".prometheus") return Format::prometheus;
    const Preference json = preference(request.accept, "application/json");
    const Preference csv = preference(request.accept, "text/csv");
    if (json.quality > csv.quality) return Format::json;
    if (csv.quality > json.quality) return Format::csv;
    if (!request.rest.empty()) return request.rest == ".json" ? Format::json : Format::csv;
    return json.named && json.quality > 0 ? Format::json : Format::csv;
}

std::string_view word(Status status) {
    switch (status) {
        case Status::ok:
            return "OK";
        case Status::degraded:
            return "YELLOW";
        case Status::failed:
        case Status::unknown:
            break;
    }
    return "RED";
}

std::string_view digit(Status status) {
    return status == Status::ok ? "0" : status == Status::degraded ? "1" : "2";
}

bool tells_properties(const ComponentState& state, const Request& request) {
    if (request.disclose == Disclosure::full) return true;
    const std::string& kind = state.component->kind;
    return request.disclose == Disclosure::detail && (kind == "push" || kind == "handler");
}

using States = std::vector<const ComponentState*>;

constexpr std::string_view label_prefix = "labels.";

// The properties that this request may read; none of them twice, none that would hide ours.
std::vector<const Property*> told(const ComponentState& state, const Request& request) {
    std::vector<const Property*> properties;
    if (state.last == nullptr || !tells_properties(state, request)) return properties;
    for (const Property& property : state.last->properties) {
        const bool ours =
            property.name == "state" || property.name == "detail" || property.name == "labels";
        // Of several with one name the first counts, as for Outcome::property().
        if (!ours && state.last->property(property.name) == &property.value)
            properties.push_back(&property);
    }
    return properties;
}

bool is_label(const Property* property) {
    return property->name.starts_with(label_prefix);
}

std::string_view label_of(const Property* property) {
    return std::string_view(property->name).substr(label_prefix.size());
}

std::string csv(const States& states, const Request& request) {
    std::string body;
    for (const ComponentState* state : states) {
        if (!body.empty()) body += '\n';
        body += one_line(state->name());
        body += '\t';
        body += word(state->status(request.now));
        body += '\t';
        body += shown_detail(*state, request);
    }
    return body;
}

std::string json(const States& states, const Request& request) {
    std::string body;
    JsonWriter writer(body, webob_json);
    writer.object();
    for (const ComponentState* state : states) {
        writer.key(state->name()).object();
        writer.member("state", word(state->status(request.now)));
        const std::string detail = shown_detail(*state, request);
        if (!detail.empty()) writer.member("detail", detail);
        const auto properties = told(*state, request);
        for (const Property* property : properties)
            if (!is_label(property)) writer.member(property->name, property->value);
        if (std::ranges::any_of(properties, is_label)) {
            writer.key("labels").object();
            for (const Property* property : properties)
                if (is_label(property)) writer.member(label_of(property), property->value);
            writer.end_object();
        }
        writer.end_object();
    }
    writer.end_object();
    return body;
}

void append_series(std::string& body, std::string_view name, std::string_view label,
                   std::string_view value) {
    body += "svc_status{name=\"";
    append_label(body, name);
    append_label(body, label);
    body += "\"} ";
    body += value;
    body += '\n';
}

std::string number(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    const auto* real = std::get_if<double>(&value);
    return real != nullptr && std::isfinite(*real) ? shortest(*real) : std::string();
}

std::string prometheus(const States& states, const Request& request, bool compat) {
    constexpr std::string_view head =
        "# HELP svc_status Status 0->OK, 1->YELLOW, 2->RED\n# TYPE svc_status untyped\n";
    std::string body;
    for (const ComponentState* state : states) {
        if (compat || body.empty()) body += head;
        append_series(body, state->name(), "", digit(state->status(request.now)));
        for (const Property* property : told(*state, request)) {
            const std::string value = number(property->value);
            if (is_label(property) && !value.empty())
                append_series(body, state->name(), "_" + std::string(label_of(property)), value);
        }
    }
    if (request.process != nullptr) append_process(body, *request.process, Exposition::prometheus);
    return body;
}

// The original's view answers every method alike.
Response only_reading() {
    Response response;
    response.status = 405;
    response.content_type = "text/plain; charset=utf-8";
    response.body = "405 Method Not Allowed\n";
    response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
    return response;
}

Response render(const Snapshot& snapshot, const Request& request, const void* options) {
    const auto& own = *static_cast<const Options*>(options);
    if (!own.compat && request.method != "GET") return only_reading();
    const States states = visible(snapshot, request, false);
    Response response;
    response.status = code_for(worst(states, request.now), request, 200);
    const Format format = own.compat ? original_format(request) : negotiated_format(request);
    switch (format) {
        case Format::csv:
            response.content_type = "text/csv; charset=UTF-8";
            response.body = csv(states, request);
            break;
        case Format::json:
            response.content_type = "application/json";
            response.body = json(states, request);
            break;
        case Format::prometheus:
            response.content_type = "text/plain; version=0.0.4; charset=UTF-8";
            response.body = prometheus(states, request, own.compat);
            if (request.process != nullptr) response.repeat_for = std::chrono::seconds(1);
            return response;
    }
    response.headers.emplace_back("Vary", "Accept");
    return response;
}

}  // namespace

constinit const Dialect svc_status{
    .description = describe<Options>(
        "svc_status", "Every component as OK, YELLOW or RED: CSV, JSON or Prometheus text.",
        fields),
    .usual_path = "/svc_status",
    .origin = "lovely-ws-status",
    .codes = "200 always",
    .wants_process = true,
    .own_components = false,
    .refuses = "POST, PUT, PATCH, DELETE",
    .match = match,
    .render = render,
};

}  // namespace vitals::dialects
