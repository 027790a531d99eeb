#include "endpoints/shown_objects.hpp"

#include <array>
#include <chrono>
#include <optional>

#include "model/clock.hpp"
#include "model/json.hpp"

namespace vitals::endpoints {
namespace {

using Text = std::string_view;
using Texts = const std::vector<std::string>*;
using Phases = const std::vector<Phase>*;
using Properties = const std::vector<Property>*;
using Counts = std::array<std::uint64_t, 4>;
using Duration = std::chrono::nanoseconds;

// ---- values as they are shown -------------------------------------------------------------------

void write_value(JsonWriter& writer, const auto& value) {
    writer.value(value);
}

void write_value(JsonWriter& writer, System moment) {
    writer.value(rfc3339_millis(moment));
}

void write_value(JsonWriter& writer, Properties properties) {
    writer.value(*properties);
}

void write_value(JsonWriter& writer, Texts texts) {
    writer.array();
    for (const std::string& text : *texts) writer.value(text);
    writer.end_array();
}

void write_value(JsonWriter& writer, Phases phases) {
    writer.array();
    for (const Phase& phase : *phases)
        writer.object().member("name", phase.name).member("seconds", phase.duration).end_object();
    writer.end_array();
}

void write_value(JsonWriter& writer, const Counts& counts) {
    writer.object();
    for (Status status : {Status::ok, Status::degraded, Status::failed, Status::unknown})
        writer.member(to_string(status), counts[static_cast<std::size_t>(status)]);
    writer.end_object();
}

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

// A member's value as `get` finds it; an empty optional is not shown.
template <auto get, class T>
void shown(JsonWriter& writer, std::string_view name, const T& object) {
    const auto value = get(object);
    if constexpr (is_optional<std::remove_const_t<decltype(value)>>) {
        if (!value) return;
        write_value(writer.key(name), *value);
    } else {
        write_value(writer.key(name), value);
    }
}

// ---- a component --------------------------------------------------------------------------------

struct Shown {
    const ComponentState& state;
    const Component& component;
    const Snapshot& snapshot;
    Steady now;
};

std::optional<Text> unless_empty(Text text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<Texts> unless_empty(const std::vector<std::string>& texts) {
    return texts.empty() ? std::nullopt : std::optional(&texts);
}

// The members that exist once a run has ended.
template <class T>
std::optional<T> once_run(const Shown& shown, const T& value) {
    return shown.state.last == nullptr ? std::nullopt : std::optional(value);
}

std::optional<Text> error_class(const Shown& shown) {
    const Outcome* latest = shown.state.last.get();
    if (latest == nullptr || latest->error_class == ErrorClass::none) return {};
    return to_string(latest->error_class);
}

std::optional<Text> cause(const Shown& shown) {
    const auto found = shown.snapshot.causes.find(shown.component.name);
    if (found == shown.snapshot.causes.end()) return {};
    return found->second;
}

std::optional<Text> of_latest(const Shown& shown, std::string Outcome::* text) {
    return shown.state.last == nullptr ? std::nullopt : unless_empty(*shown.state.last.*text);
}

constexpr Schema texts = as_json(R"({"type":"array","items":{"type":"string"}})");
constexpr Schema moment = as_json(R"({"type":"string","format":"date-time"})");
constexpr Schema error_classes =
    as_json(R"({"type":"string","enum":["resolve","connect","tls","auth","protocol","assertion",)"
            R"("timeout","local"]})");
constexpr Schema phases =
    as_json(R"({"type":"array","items":{"type":"object","properties":{)"
            R"("name":{"type":"string","description":"The step."},)"
            R"("seconds":{"type":"number","description":"How long it took."}},)"
            R"("required":["name","seconds"]}})");
constexpr Schema runs =
    as_json(R"({"type":"object","properties":{"ok":{"type":"integer","minimum":0},)"
            R"("degraded":{"type":"integer","minimum":0},"failed":{"type":"integer","minimum":0},)"
            R"("unknown":{"type":"integer","minimum":0}},)"
            R"("required":["ok","degraded","failed","unknown"],)"
            R"("description":"Finished runs by what they found."})");
constexpr Schema transitions =
    as_json(R"({"type":"object","properties":{"ok":{"type":"integer","minimum":0},)"
            R"("degraded":{"type":"integer","minimum":0},"failed":{"type":"integer","minimum":0},)"
            R"("unknown":{"type":"integer","minimum":0}},)"
            R"("required":["ok","degraded","failed","unknown"],)"
            R"("description":"Changes of state by the state reached."})");

constexpr ShownMember<Shown> component_members[] = {
    {{"name", a_text("`name` or `group/name`."), true},
     shown<[](const Shown& s) -> Text { return s.component.name; }>},
    {{"kind", a_text("The kind of check."), true},
     shown<[](const Shown& s) -> Text { return s.component.kind; }>},
    {{"status", a_reference("Status"), true},
     shown<[](const Shown& s) { return to_string(s.state.status(s.now)); }>},
    {{"detail", a_text("In words, for the public."), true},
     shown<[](const Shown& s) { return s.state.detail(s.now); }>},
    {{"critical", a_boolean("Whether it decides the aggregate."), true},
     shown<[](const Shown& s) { return s.component.critical; }>},
    {{"created_by_push", a_boolean("True where it stands in no configuration.")},
     shown<[](const Shown& s) {
         return s.component.created_by_push ? std::optional(true) : std::nullopt;
     }>},
    {{"stale", a_boolean("Whether the latest result is too old to count."), true},
     shown<[](const Shown& s) { return s.state.stale(s.now); }>},
    {{"cause", a_text("The failed component that made this one fail.")}, shown<cause>},
    {{"tags", texts}, shown<[](const Shown& s) { return unless_empty(s.component.tags); }>},
    {{"depends_on", texts},
     shown<[](const Shown& s) { return unless_empty(s.component.depends_on); }>},
    {{"interval_seconds", a_number("Between two runs."), true},
     shown<[](const Shown& s) -> Duration { return s.component.interval; }>},
    {{"timeout_seconds", a_number("A run's deadline."), true},
     shown<[](const Shown& s) -> Duration { return s.component.timeout; }>},
    {{"observed_at", moment},
     shown<[](const Shown& s) { return once_run(s, s.state.observed_at); }>},
    {{"age_seconds", a_number("Since the latest run ended.")},
     shown<[](const Shown& s) { return once_run<Duration>(s, s.now - s.state.observed); }>},
    {{"since", moment}, shown<[](const Shown& s) { return once_run(s, s.state.since); }>},
    {{"found", a_reference("Status")}, shown<[](const Shown& s) {
         return s.state.last == nullptr ? std::nullopt
                                        : std::optional(to_string(s.state.last->status));
     }>},
    {{"failing_runs", an_integer("Consecutive failing runs up to now.")},
     shown<[](const Shown& s) { return once_run(s, s.state.failing_runs); }>},
    {{"passing_runs", an_integer("Consecutive passing runs up to now.")},
     shown<[](const Shown& s) { return once_run(s, s.state.passing_runs); }>},
    {{"error_class", error_classes}, shown<error_class>},
    {{"error", a_text("What the other side said.")},
     shown<[](const Shown& s) { return of_latest(s, &Outcome::error); }>},
    {{"failed_phase", a_text("The step that failed or hung.")},
     shown<[](const Shown& s) { return of_latest(s, &Outcome::failed_phase); }>},
    {{"duration_seconds", a_number("Of the latest run.")}, shown<[](const Shown& s) {
         return s.state.last == nullptr ? std::nullopt
                                        : std::optional<Duration>(s.state.last->duration);
     }>},
    {{"phases", phases}, shown<[](const Shown& s) {
         return s.state.last == nullptr ? std::nullopt : std::optional(&s.state.last->phases);
     }>},
    {{"properties", any_properties}, shown<[](const Shown& s) {
         return s.state.last == nullptr ? std::nullopt : std::optional(&s.state.last->properties);
     }>},
    {{"runs", runs, true}, shown<[](const Shown& s) { return s.state.runs; }>},
    {{"transitions", transitions, true}, shown<[](const Shown& s) { return s.state.transitions; }>},
};

constexpr const NamedSchema* component_refers[] = {&status_schema};

// ---- whether this instance takes part -----------------------------------------------------------

constexpr ShownMember<Decommission> members_of_decommission[] = {
    {{"text", a_text("`OK`, or why the instance is decommissioned."), true},
     shown<[](const Decommission& d) -> Text { return d.text; }>},
    {{"active", a_boolean("Whether it is decommissioned or about to stop."), true},
     shown<[](const Decommission& d) { return d.active(); }>},
    {{"draining", a_boolean("Whether the process is about to stop."), true},
     shown<[](const Decommission& d) { return d.draining; }>},
};

}  // namespace

constinit const NamedSchema component_schema{
    "Component", schema_of<component_members, Members::open>, component_refers};

void write_component(JsonWriter& writer, const ComponentState& state, const Snapshot& snapshot,
                     Steady now) {
    write_object<component_members>(writer, Shown{state, *state.component, snapshot, now});
}

constinit const NamedSchema decommission_schema{"Drain",
                                                schema_of<members_of_decommission, Members::open>};

constinit const std::span<const ShownMember<Decommission>> decommission_members =
    members_of_decommission;

void write_decommission(JsonWriter& writer, const Decommission& decommission) {
    write_object<members_of_decommission>(writer, decommission);
}

}  // namespace vitals::endpoints
