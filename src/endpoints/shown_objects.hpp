// What the control API shows: the JSON and the schema of each object come from its table of
// members.
#pragma once

#include <string>
#include <string_view>

#include "endpoints/schema.hpp"
#include "http/response.hpp"
#include "text/json.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::endpoints {

using text::JsonWriter;

// A member of an object that shows a T: `write` appends name and value, or nothing if the T has no
// such value.
template <class T>
struct ShownMember {
    MemberSchema described;
    void (*write)(JsonWriter& writer, std::string_view name, const T& shown);
};

template <const auto& table, class T>
void write_object(JsonWriter& writer, const T& shown) {
    writer.object();
    for (const auto& member : table) member.write(writer, member.described.name, shown);
    writer.end_object();
}

// Everything that is known of a component: for those who may read it.
void write_component(JsonWriter& writer, const ComponentState& state, const Snapshot& snapshot,
                     Steady now);
extern const NamedSchema component_schema;

void write_decommission(JsonWriter& writer, const Decommission& decommission);
extern const NamedSchema decommission_schema;
// The members of the above, for an object with further members.
extern const std::span<const ShownMember<Decommission>> decommission_members;

// Status 200, application/json, with the output of `write(JsonWriter&)` and a line feed.
template <class Write>
http::Response json_answer(Write write) {
    http::Response response;
    response.content_type = "application/json";
    JsonWriter writer(response.body);
    write(writer);
    response.body += '\n';
    return response;
}

}  // namespace vitals::endpoints
