// The answer for a program, in the words of GET /v1/components.
#include <algorithm>

#include "cli/formats.hpp"
#include "model/clock.hpp"
#include "model/json.hpp"
#include "text/json.hpp"

namespace vitals::cli {
namespace {

void write_run(text::JsonWriter& json, const ComponentState& state, Steady now) {
    const auto& outcome = *state.last;
    if (state.observed_at != System())
        json.member("observed_at", rfc3339_millis(state.observed_at));
    if (state.component->kind.empty()) {
        // The public answer of a daemon has no more.
        if (outcome.duration.count() > 0) json.member("duration_seconds", outcome.duration);
        return;
    }
    json.member("age_seconds", std::max(now - state.observed, Steady::duration::zero()));
    if (outcome.error_class != ErrorClass::none) {
        json.member("error_class", to_string(outcome.error_class));
    }
    if (!outcome.error.empty()) json.member("error", outcome.error);
    if (!outcome.failed_phase.empty()) json.member("failed_phase", outcome.failed_phase);
    json.member("duration_seconds", outcome.duration);
    json.key("phases").array();
    for (const auto& phase : outcome.phases) {
        json.object().member("name", phase.name).member("seconds", phase.duration);
        json.end_object();
    }
    json.end_array();
    json.key("properties").object();
    for (const auto& property : outcome.properties) json.member(property.name, property.value);
    json.end_object();
}

}  // namespace

std::string as_json(const Snapshot& snapshot, Steady now) {
    std::string text;
    text::JsonWriter json(text);
    json.object();
    json.member("status", to_string(overall(snapshot, now)));
    json.member("checked_at", rfc3339_millis(snapshot.taken_at));
    json.key("components").array();
    for (const auto& state : snapshot.components) {
        json.object();
        json.member("name", state->name());
        if (!state->component->kind.empty()) json.member("kind", state->component->kind);
        json.member("status", to_string(state->status(now)));
        json.member("critical", state->component->critical);
        json.member("detail", state->detail(now));
        const auto cause = snapshot.causes.find(state->name());
        if (cause != snapshot.causes.end()) json.member("cause", cause->second);
        if (state->last != nullptr) write_run(json, *state, now);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return text + '\n';
}

}  // namespace vitals::cli
