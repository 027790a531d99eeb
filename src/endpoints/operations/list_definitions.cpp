// GET /v1/definitions
#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"

namespace vitals::endpoints {
namespace {

Answered run(Call call) {
    if (!call.control.definitions) return not_offered(call);
    call.control.definitions([reply = std::move(call.reply)](const Definitions& definitions) {
        reply(json_answer([&](JsonWriter& writer) {
            writer.object().key("definitions").object();
            for (const Definition& one : definitions) {
                writer.key(one.component).object();
                writer.member("kind", one.kind).member("digest", one.digest).end_object();
            }
            writer.end_object().end_object();
        }));
    });
    return {};
}

constexpr MemberSchema members[] = {
    {"definitions",
     as_json(R"({"type":"object","description":"By component, of those in the configuration.",)"
             R"("additionalProperties":{"type":"object","properties":{)"
             R"("kind":{"type":"string","description":"The kind of check."},)"
             R"("digest":{"type":"string","description":"Of the definition, without secrets."}},)"
             R"("required":["kind","digest"]}})"),
     true}};
constexpr NamedSchema answer{"Definitions", [] { return object_schema(members, Members::open); }};

}  // namespace

extern constinit const Operation list_definitions = make_operation(
    "GET", "/v1/definitions", "listDefinitions",
    "What tells the definitions of components apart, as `vitals validate --diff` does.",
    {.right = Right::read, .run = run, .answer = &answer});

}  // namespace vitals::endpoints
