#include "endpoints/schema.hpp"

#include "text/json.hpp"

namespace vitals::endpoints {
namespace {

using text::JsonWriter;

void write(JsonWriter& writer, const Schema& schema) {
    if (!schema.json.empty()) {
        writer.raw(schema.json);
        return;
    }
    writer.object();
    if (!schema.refers.empty())
        writer.member("$ref", "#/components/schemas/" + std::string(schema.refers));
    if (!schema.type.empty()) writer.member("type", schema.type);
    if (!schema.sentence.empty()) writer.member("description", schema.sentence);
    writer.end_object();
}

}  // namespace

std::string object_schema(std::span<const MemberSchema> members, Members others,
                          std::string_view sentence) {
    std::string json;
    JsonWriter writer(json);
    writer.object().member("type", "object").key("properties").object();
    for (const MemberSchema& member : members) {
        writer.key(member.name);
        write(writer, member.schema);
    }
    writer.end_object().key("required").array();
    for (const MemberSchema& member : members)
        if (member.required) writer.value(member.name);
    writer.end_array();
    if (others == Members::closed) writer.member("additionalProperties", false);
    if (!sentence.empty()) writer.member("description", sentence);
    writer.end_object();
    return json;
}

constinit const NamedSchema status_schema{
    "Status", [] {
        return std::string(
            R"({"type":"string","enum":["ok","degraded","failed","unknown"],)"
            R"("description":"`unknown`: not run yet, stale, or blind; never healthy."})");
    }};

}  // namespace vitals::endpoints
