// `svc_status`: the status of every handler as CSV, JSON or Prometheus text, always with 200.
// Origin: lovely-ws-status. CSV has its `detail`, too; an unknown state counts as RED here (there:
// as OK).
//
// Further properties are published for components whose state comes from outside (pushed, or from
// the library's handlers): they are the handler's own words, and the original's document shows
// them. Those of other kinds may hold addresses or versions and need full disclosure.
//
// JSON shows the property `labels`, if it is an object, like any other. In the Prometheus form each
// of its numbers is a further series, `<component>_<label>`. That may be the name of another
// component, and of two samples with one name Prometheus keeps the first. So components keep their
// names, and a label whose name is taken gets a Prometheus label.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>

#include "dialects/accept.hpp"
#include "dialects/dialect.hpp"
#include "dialects/exposition.hpp"
#include "dialects/mount.hpp"
#include "model/json.hpp"
#include "model/per_status.hpp"
#include "model/property.hpp"
#include "text/escape.hpp"
#include "text/json.hpp"

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

// The same order with quality values: if the header prefers one form it decides, otherwise the
// extension decides.
Format negotiated_format(const Request& request) {
    if (request.rest == ".prometheus") return Format::prometheus;
    const Preference json = preference(request.accept, "application/json");
    const Preference csv = preference(request.accept, "text/csv");
    if (json.quality > csv.quality) return Format::json;
    if (csv.quality > json.quality) return Format::csv;
    if (!request.rest.empty()) return request.rest == ".json" ? Format::json : Format::csv;
    return json.named && json.quality > 0 ? Format::json : Format::csv;
}

constexpr PerStatus<std::string_view> word{"OK", "YELLOW", "RED", "RED"};

constexpr PerStatus<std::string_view> digit{"0", "1", "2", "2"};

bool tells_properties(const ComponentState& state, const Request& request) {
    if (request.disclose == Disclosure::full) return true;
    constexpr std::array<std::string_view, 4> handed_in{"push", "handler", "state", "heartbeat"};
    return request.disclose == Disclosure::detail &&
           std::ranges::find(handed_in, state.component->kind) != handed_in.end();
}

using States = std::vector<const ComponentState*>;

// The properties that this request may read; none of them twice, none that would hide those of
// vitals.
std::vector<const Property*> told(const ComponentState& state, const Request& request) {
    std::vector<const Property*> properties;
    if (state.last == nullptr || !tells_properties(state, request)) return properties;
    for (const Property& property : state.last->properties) {
        const bool ours = property.name == "state" || property.name == "detail";
        // Of several with one name the first counts, as for Outcome::property().
        if (!ours && state.last->property(property.name) == &property.value)
            properties.push_back(&property);
    }
    return properties;
}

std::string csv(const States& states, const Request& request) {
    std::string body;
    for (const ComponentState* state : states) {
        if (!body.empty()) body += '\n';
        body += text::one_line(state->name());
        body += '\t';
        body += word(state->status(request.now));
        body += '\t';
        body += shown_detail(*state, request);
    }
    return body;
}

std::string json(const States& states, const Request& request) {
    std::string body;
    text::JsonWriter writer(body, text::webob_json);
    writer.object();
    for (const ComponentState* state : states) {
        writer.key(state->name()).object();
        writer.member("state", word(state->status(request.now)));
        const std::string detail = shown_detail(*state, request);
        if (!detail.empty()) writer.member("detail", detail);
        for (const Property* property : told(*state, request))
            writer.member(property->name, property->value);
        writer.end_object();
    }
    writer.end_object();
    return body;
}

// The written series, by the text between their braces.
class Series {
  public:
    explicit Series(std::string& body, const States& components) : body_(body) {
        for (const ComponentState* state : components) taken_.insert(named(state->name()));
    }

    void component(const ComponentState& state, std::string_view value) {
        write(named(state.name()), value);
    }

    void label(const ComponentState& state, std::string_view label, std::string_view value) {
        std::string series = named(state.name() + "_" + std::string(label));
        if (!taken_.insert(series).second) {
            series += ",component=\"";
            text::append_label(series, state.name());
            series += "\",label=\"";
            text::append_label(series, label);
            series += '"';
            // Labels that differ only in characters that a label cannot hold.
            if (!taken_.insert(series).second) return;
        }
        write(series, value);
    }

  private:
    static std::string named(std::string_view name) {
        std::string series = "name=\"";
        text::append_label(series, name);
        series += '"';
        return series;
    }

    void write(std::string_view series, std::string_view value) {
        body_.append("svc_status{").append(series).append("} ").append(value) += '\n';
    }

    std::string& body_;
    std::set<std::string, std::less<>> taken_;
};

std::string number(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    const auto* real = std::get_if<double>(&value);
    return real != nullptr && std::isfinite(*real) ? text::plain_number(*real) : std::string();
}

std::string prometheus(const States& states, const Request& request, bool compat) {
    constexpr std::string_view head =
        "# HELP svc_status Status 0->OK, 1->YELLOW, 2->RED\n# TYPE svc_status untyped\n";
    std::string body;
    Series series(body, states);
    for (const ComponentState* state : states) {
        if (compat || body.empty()) body += head;
        series.component(*state, digit(state->status(request.now)));
        for (const Property* property : told(*state, request)) {
            const auto* labels = std::get_if<std::vector<Property>>(&property->value);
            if (property->name != property::labels || labels == nullptr) continue;
            std::set<std::string_view> known;
            for (const auto& [label, value] : *labels)
                if (const std::string text = number(value);
                    !text.empty() && known.insert(label).second)
                    series.label(*state, label, text);
        }
    }
    if (request.process != nullptr) append_process(body, *request.process, Exposition::prometheus);
    append_application(body, request.application_metrics);
    return body;
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    // The original's view answers every method in the same way.
    if (!own.compat && request.method != "GET") return not_allowed("GET, HEAD, OPTIONS");
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

extern constinit const Dialect svc_status = make_dialect<Options, render>(
    "svc_status", "Every component as OK, YELLOW or RED: CSV, JSON or Prometheus text.", fields,
    {"/svc_status", "lovely-ws-status", "200 always"},
    {.wants_process = true, .refuses = "POST, PUT, PATCH, DELETE", .match = match});

}  // namespace vitals::dialects
