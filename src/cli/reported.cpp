#include "cli/reported.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "cli/formats.hpp"
#include "text/json.hpp"

namespace vitals::cli {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
    std::vector<std::string> texts;
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_array()) return texts;
    for (const auto& text : value->get_array())
        if (text.is_string()) texts.emplace_back(text.get_string());
    return texts;
}

std::optional<double> number_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

bool flag_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::chrono::nanoseconds from_seconds(double seconds) {
    constexpr double most = 1e9;  // 30 years; keeps the conversion defined
    return std::chrono::nanoseconds(std::llround(std::clamp(seconds, 0.0, most) * 1e9));
}

// `2026-11-18T11:06:40.123Z`, as vitals writes it.
std::optional<System> time_of(const json::object& object, std::string_view key) {
    const std::string text = text_of(object, key);
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0, end = 0;
    const int read = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month,
                                 &day, &hour, &minute, &second, &millis, &end);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (read != 7 || static_cast<std::size_t>(end) != text.size() || !date.ok()) return {};
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) + std::chrono::milliseconds(millis);
}

std::expected<json::value, std::string> parse_object(std::string_view body) {
    boost::system::error_code error;
    auto value = json::parse(body, error);
    if (error) return std::unexpected("the answer is not JSON");
    if (!value.is_object()) return std::unexpected("the answer is not a JSON object");
    return value;
}

// A state with the daemon's verdict; it does not become stale here.
std::shared_ptr<ComponentState> settled(Component component, Status status, Steady now) {
    component.own = component.name.starts_with("vitals/");
    auto state = std::make_shared<ComponentState>();
    state->component = std::make_shared<const Component>(std::move(component));
    state->judged = status;
    state->observed = now;
    state->valid_until = Steady::max();
    return state;
}

void read_phases(const json::object& object, Outcome& outcome) {
    const auto* phases = object.if_contains("phases");
    if (phases == nullptr || !phases->is_array()) return;
    for (const auto& phase : phases->get_array()) {
        if (!phase.is_object()) continue;
        outcome.phases.push_back(
            {text_of(phase.get_object(), "name"),
             from_seconds(number_of(phase.get_object(), "seconds").value_or(0))});
    }
}

ErrorClass error_class_of(std::string_view name) {
    for (const auto one :
         {ErrorClass::resolve, ErrorClass::connect, ErrorClass::tls, ErrorClass::auth,
          ErrorClass::protocol, ErrorClass::assertion, ErrorClass::timeout, ErrorClass::local}) {
        if (to_string(one) == name) return one;
    }
    return ErrorClass::none;
}

std::shared_ptr<const ComponentState> read_component(const json::object& object, Steady now) {
    const auto status = parse_status(text_of(object, "status"));
    Component component;
    component.name = text_of(object, "name");
    component.kind = text_of(object, "kind");
    component.critical = flag_of(object, "critical");
    component.tags = texts_of(object, "tags");
    if (component.name.empty() || !status) return nullptr;
    auto state = settled(std::move(component), *status, now);
    auto outcome = std::make_shared<Outcome>();
    outcome->status = *status;
    outcome->detail = text_of(object, "detail");
    state->since = time_of(object, "since").value_or(System());
    if (const auto age = number_of(object, "age_seconds")) {
        state->observed = now - from_seconds(*age);
        // The error and the phases of a stale result are old.
        if (!flag_of(object, "stale")) {
            outcome->error = text_of(object, "error");
            outcome->error_class = error_class_of(text_of(object, "error_class"));
            outcome->failed_phase = text_of(object, "failed_phase");
            outcome->duration = from_seconds(number_of(object, "duration_seconds").value_or(0));
            read_phases(object, *outcome);
        }
        state->last = std::move(outcome);
    } else if (outcome->detail != "not run yet") {
        state->last = std::move(outcome);
    }
    return state;
}

void sort_by_name(Snapshot& snapshot) {
    std::ranges::sort(snapshot.components, {}, [](const auto& state) { return state->name(); });
}

}  // namespace

std::expected<Snapshot, std::string> read_components(std::string_view body, Steady now) {
    const auto value = parse_object(body);
    if (!value) return std::unexpected(value.error());
    const auto& object = value->get_object();
    const auto* components = object.if_contains("components");
    if (components == nullptr || !components->is_array()) {
        return std::unexpected("the answer lists no components");
    }
    Snapshot snapshot;
    snapshot.taken = now;
    if (const auto* service = object.if_contains("service"); service && service->is_object()) {
        snapshot.service = {text_of(service->get_object(), "name"),
                            text_of(service->get_object(), "version")};
    }
    if (const auto* drain = object.if_contains("decommission"); drain && drain->is_object()) {
        snapshot.decommission.draining = flag_of(drain->get_object(), "draining");
        const auto text = text_of(drain->get_object(), "text");
        if (flag_of(drain->get_object(), "active") && !text.empty()) {
            snapshot.decommission.text = text;
        }
    }
    for (const auto& one : components->get_array()) {
        auto state = one.is_object() ? read_component(one.get_object(), now) : nullptr;
        if (state == nullptr) return std::unexpected("a component has no name or no status");
        if (auto cause = text_of(one.get_object(), "cause"); !cause.empty()) {
            snapshot.causes[state->name()] = std::move(cause);
        }
        snapshot.components.push_back(std::move(state));
    }
    sort_by_name(snapshot);
    return snapshot;
}

std::expected<Snapshot, std::string> read_health_json(std::string_view body, Steady now) {
    const auto value = parse_object(body);
    if (!value) return std::unexpected(value.error());
    const auto& object = value->get_object();
    const auto* checks = object.if_contains("checks");
    if (checks == nullptr || !checks->is_object()) {
        return std::unexpected("the answer lists no checks");
    }
    Snapshot snapshot;
    snapshot.taken = now;
    snapshot.service.name = text_of(object, "serviceId");
    constexpr std::string_view out_of_service = "out of service: ";
    if (const auto output = text_of(object, "output"); output.starts_with(out_of_service)) {
        snapshot.decommission.text = output.substr(out_of_service.size());
        snapshot.decommission.draining = snapshot.decommission.text == "shutting down";
    }
    for (const auto& [key, list] : checks->get_object()) {
        if (!list.is_array() || list.get_array().empty() || !list.get_array()[0].is_object()) {
            continue;
        }
        const auto& check = list.get_array()[0].get_object();
        const auto word = text_of(check, "status");
        Component component;
        component.name = text_of(check, "componentId");
        const auto* critical = check.if_contains("critical");
        component.critical = critical == nullptr || *critical != json::value(false);
        const auto status = flag_of(check, "unknown") ? Status::unknown
                            : word == "pass"          ? Status::ok
                            : word == "warn"          ? Status::degraded
                                                      : Status::failed;
        if (component.name.empty()) return std::unexpected("a check has no componentId");
        auto state = settled(std::move(component), status, now);
        const auto observed_at = time_of(check, "time");
        state->observed_at = observed_at.value_or(System());
        auto outcome = std::make_shared<Outcome>();
        outcome->status = status;
        outcome->detail = text_of(check, "output");
        if (text_of(check, "observedUnit") == "ms") {
            outcome->duration = from_seconds(number_of(check, "observedValue").value_or(0) / 1e3);
        }
        state->last = std::move(outcome);
        if (auto cause = text_of(check, "cause"); !cause.empty()) {
            snapshot.causes[state->name()] = std::move(cause);
        }
        snapshot.components.push_back(std::move(state));
    }
    sort_by_name(snapshot);
    return snapshot;
}

namespace {

// As it was received.
void write(text::JsonWriter& json, const json::value& value) {
    if (const auto* object = value.if_object()) {
        json.object();
        for (const auto& [name, member] : *object) {
            json.key(std::string_view(name.data(), name.size()));
            write(json, member);
        }
        json.end_object();
    } else if (const auto* list = value.if_array()) {
        json.array();
        for (const auto& each : *list) write(json, each);
        json.end_array();
    } else if (const auto* text = value.if_string()) {
        json.value(std::string_view(text->data(), text->size()));
    } else if (const auto* flag = value.if_bool()) {
        json.value(*flag);
    } else if (const auto* whole = value.if_int64()) {
        json.value(*whole);
    } else if (const auto* large = value.if_uint64()) {
        json.value(*large);
    } else if (const auto* number = value.if_double()) {
        json.value(*number);
    } else {
        json.null();
    }
}

}  // namespace

std::string only_components(std::string_view body, const Snapshot& selected, Steady now) {
    auto value = json::parse(body);
    auto& object = value.as_object();
    json::array kept;
    for (auto& component : object["components"].as_array()) {
        if (selected.find(text_of(component.as_object(), "name")) != nullptr) {
            kept.push_back(std::move(component));
        }
    }
    object["components"] = std::move(kept);
    object["status"] = to_string(overall(selected, now));
    std::string text;
    text::JsonWriter json(text);
    write(json, value);
    return text + '\n';
}

}  // namespace vitals::cli
