// Boost.JSON, with nothing in it that is not UTF-8.
#include "endpoints/component_json.hpp"

#include <cmath>
#include <optional>

#include "model/clock.hpp"
#include "text/utf8.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

json::value value_json(const Value& value);

json::object members_json(const std::vector<Property>& members) {
    json::object object;
    for (const Property& each : members)
        object.emplace(valid_utf8(each.name), value_json(each.value));
    return object;
}

json::value value_json(const Value& value) {
    return std::visit(
        [](const auto& held) -> json::value {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<Held, std::string>) {
                return json::string(valid_utf8(held));
            } else if constexpr (std::is_same_v<Held, double>) {
                return std::isfinite(held) ? json::value(held) : json::value(nullptr);
            } else if constexpr (std::is_same_v<Held, std::vector<Value>>) {
                json::array list;
                for (const Value& each : held) list.push_back(value_json(each));
                return list;
            } else if constexpr (std::is_same_v<Held, std::vector<Property>>) {
                return members_json(held);
            } else {
                return json::value(held);
            }
        },
        value);
}

json::object counts_json(const std::array<std::uint64_t, 4>& counts) {
    json::object object;
    for (Status status : {Status::ok, Status::degraded, Status::failed, Status::unknown})
        object[to_string(status)] = counts[static_cast<std::size_t>(status)];
    return object;
}

json::array texts_json(const std::vector<std::string>& texts) {
    json::array array;
    for (const std::string& text : texts) array.emplace_back(valid_utf8(text));
    return array;
}

void add_outcome(json::object& object, const Outcome& outcome) {
    if (outcome.error_class != ErrorClass::none)
        object["error_class"] = to_string(outcome.error_class);
    if (!outcome.error.empty()) object["error"] = valid_utf8(outcome.error);
    if (!outcome.failed_phase.empty()) object["failed_phase"] = valid_utf8(outcome.failed_phase);
    object["duration_seconds"] = seconds(outcome.duration);
    json::array phases;
    for (const Phase& phase : outcome.phases)
        phases.push_back({{"name", valid_utf8(phase.name)}, {"seconds", seconds(phase.duration)}});
    object["phases"] = std::move(phases);
    object["properties"] = properties_json(outcome.properties);
}

}  // namespace

std::string valid_utf8(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) text::append_utf8(result, text::take_code_point(text));
    return result;
}

json::object properties_json(const std::vector<Property>& properties) {
    return members_json(properties);
}

json::object component_json(const ComponentState& state, const Snapshot& snapshot, Steady now) {
    const Component& component = *state.component;
    json::object object;
    object["name"] = valid_utf8(component.name);
    object["kind"] = valid_utf8(component.kind);
    object["status"] = to_string(state.status(now));
    object["detail"] = valid_utf8(state.detail(now));
    object["critical"] = component.critical;
    if (component.created_by_push) object["created_by_push"] = true;
    object["stale"] = state.stale(now);
    auto cause = snapshot.causes.find(component.name);
    if (cause != snapshot.causes.end()) object["cause"] = valid_utf8(cause->second);
    if (!component.tags.empty()) object["tags"] = texts_json(component.tags);
    if (!component.depends_on.empty()) object["depends_on"] = texts_json(component.depends_on);
    object["interval_seconds"] = seconds(component.interval);
    object["timeout_seconds"] = seconds(component.timeout);
    if (state.last != nullptr) {
        object["observed_at"] = rfc3339_millis(state.observed_at);
        object["age_seconds"] = seconds(now - state.observed);
        object["since"] = rfc3339_millis(state.since);
        object["found"] = to_string(state.last->status);
        object["failing_runs"] = state.failing_runs;
        object["passing_runs"] = state.passing_runs;
        add_outcome(object, *state.last);
    }
    object["runs"] = counts_json(state.runs);
    object["transitions"] = counts_json(state.transitions);
    return object;
}

json::object decommission_json(const Decommission& decommission) {
    json::object object;
    object["text"] = valid_utf8(decommission.text);
    object["active"] = decommission.active();
    object["draining"] = decommission.draining;
    return object;
}

json::object problem_object(int status, std::string_view detail, std::string_view instance) {
    json::object problem;
    problem["type"] = "about:blank";
    problem["title"] = http::reason_phrase(status);
    problem["status"] = status;
    problem["detail"] = valid_utf8(detail);
    problem["instance"] = valid_utf8(instance);
    return problem;
}

http::Response problem_answer(json::object problem) {
    http::Response response;
    response.status = static_cast<int>(problem.at("status").as_int64());
    response.content_type = "application/problem+json";
    response.body = json::serialize(problem) + "\n";
    return response;
}

http::Response problem_answer(int status, std::string_view detail, std::string_view instance) {
    return problem_answer(problem_object(status, detail, instance));
}

}  // namespace vitals::endpoints
