// `health_json`: the IETF's draft-inadarei-api-health-check-06, `application/health+json`. `output`
// says why a check does not pass, as far as the endpoint discloses. Cache-Control's max-age is the
// rest of the validity of the oldest result. Beyond the draft, a failed component whose dependency
// failed says so in `cause`. An unknown component, for which the draft has only the word `fail`,
// has `unknown: true`; so has the whole when nothing worse is known of it. A component that only
// degrades the whole has `critical: false`. Out of service, the whole is `fail`.
#include <algorithm>
#include <string>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "model/clock.hpp"
#include "model/per_status.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string description;
};

constexpr Field fields[] = {
    field<&Options::description>("description", "What `description` says about the service."),
};

constexpr PerStatus<std::string_view> word{"pass", "warn", "fail", "fail"};

std::string_view type_of(Category category) {
    switch (category) {
        case Category::datastore:
            return "datastore";
        case Category::system:
            return "system";
        case Category::component:
            break;
    }
    return "component";
}

// The draft allows no colon except the one before the measurement. Different names stay different.
std::string key_of(std::string_view name) {
    std::string key;
    for (const char c : name) {
        if (c == ':')
            key += "%3A";
        else if (c == '%')
            key += "%25";
        else
            key += c;
    }
    return key + ":responseTime";
}

void write_check(text::JsonWriter& writer, const Snapshot& snapshot, const Request& request,
                 const ComponentState& state) {
    const Status status = state.status(request.now);
    writer.key(key_of(state.name())).array().object();
    writer.member("componentId", state.name());
    writer.member("componentType", type_of(state.component->category));
    if (state.last != nullptr && state.last->duration.count() > 0) {
        const auto micros =
            std::chrono::round<std::chrono::microseconds>(state.last->duration).count();
        writer.member("observedValue", static_cast<double>(micros) / 1000.0);
        writer.member("observedUnit", "ms");
    }
    writer.member("status", word(status));
    if (status == Status::unknown) writer.member("unknown", true);
    if (!state.component->critical) writer.member("critical", false);
    if (state.last != nullptr) writer.member("time", rfc3339_millis(state.observed_at));
    if (status != Status::ok) {
        const std::string detail = shown_detail(state, request);
        if (!detail.empty()) writer.member("output", detail);
        const auto cause = snapshot.causes.find(state.name());
        if (cause != snapshot.causes.end() && shows(snapshot, request, cause->second))
            writer.member("cause", cause->second);
    }
    writer.end_object().end_array();
}

std::chrono::seconds validity_left(const std::vector<const ComponentState*>& states, Steady now) {
    using std::chrono::seconds;
    if (states.empty()) return seconds(0);
    seconds left = seconds::max();
    for (const ComponentState* state : states) {
        if (state->last == nullptr) return seconds(0);
        left = std::min(left, std::chrono::floor<seconds>(state->valid_until - now));
    }
    return std::max(left, seconds(0));
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    const auto states = visible(snapshot, request, true);
    const auto out = out_of_service(snapshot);
    const Status overall = out ? Status::failed : overall_status(snapshot, states, request);

    Response response;
    response.status = code_for(overall, request, 503);
    response.content_type = "application/health+json";
    const auto left = validity_left(states, request.now);
    response.headers.emplace_back("Cache-Control", "max-age=" + std::to_string(left.count()));
    response.repeat_for = std::chrono::seconds(1);
    text::JsonWriter writer(response.body);
    writer.object().member("status", word(overall));
    if (overall == Status::unknown) writer.member("unknown", true);
    if (!snapshot.service.version.empty()) writer.member("version", snapshot.service.version);
    writer.member("serviceId", snapshot.service.name);
    if (!own.description.empty()) writer.member("description", own.description);
    if (out)
        writer.member("output", "out of service: " + *out);
    else if (overall == Status::unknown && !any_watched(states))
        writer.member("output", "nothing is watched");
    if (!states.empty()) {
        writer.key("checks").object();
        for (const ComponentState* state : states) write_check(writer, snapshot, request, *state);
        writer.end_object();
    }
    writer.end_object();
    return response;
}

}  // namespace

extern constinit const Dialect health_json = make_dialect<Options, render>(
    "health_json", "Pass, warn or fail with every check, as application/health+json.", fields,
    {"/health", "IETF draft-inadarei-api-health-check-06", "200 / 503"});

}  // namespace vitals::dialects
