// GET /v1/components
#include "endpoints/operation.hpp"
#include "endpoints/shown_objects.hpp"

namespace vitals::endpoints {
namespace {

dialects::Response render(const Snapshot& snapshot, const dialects::Request& request) {
    std::vector<const ComponentState*> all;
    all.reserve(snapshot.components.size());
    for (const auto& state : snapshot.components) all.push_back(state.get());
    dialects::Response response = json_answer([&](JsonWriter& writer) {
        writer.object().key("service").object();
        writer.member("name", snapshot.service.name).member("version", snapshot.service.version);
        writer.end_object();
        writer.member("status", to_string(dialects::overall_status(snapshot, all, request)));
        writer.member("version", snapshot.version).key("decommission");
        write_decommission(writer, snapshot.decommission);
        writer.key("components").array();
        for (const ComponentState* state : all)
            write_component(writer, *state, snapshot, request.now);
        writer.end_array().end_object();
    });
    response.repeat_for = std::chrono::seconds(1);  // ages are shown
    return response;
}

constexpr MemberSchema members[] = {
    {"service",
     as_json(R"({"type":"object","properties":{)"
             R"("name":{"type":"string","description":"The service."},)"
             R"("version":{"type":"string","description":"Its version."}},)"
             R"("required":["name","version"]})"),
     true},
    {"status", a_reference("Status"), true},
    {"version", an_integer("Grows with every change."), true},
    {"decommission", a_reference("Drain"), true},
    {"components", as_json(R"({"type":"array","items":{"$ref":"#/components/schemas/Component"}})"),
     true}};
constexpr const NamedSchema* refers[] = {&status_schema, &component_schema, &decommission_schema};
constexpr NamedSchema answer{"ComponentList", [] { return object_schema(members, Members::open); },
                             refers};

}  // namespace

extern constinit const Operation list_components =
    make_operation("GET", "/v1/components", "listComponents", "All components and their state.",
                   {.right = Right::read, .render = render, .answer = &answer});

}  // namespace vitals::endpoints
