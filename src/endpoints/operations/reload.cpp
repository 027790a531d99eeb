// POST /v1/reload
#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"

namespace vitals::endpoints {
namespace {

template <auto list>
void write_names(JsonWriter& writer, std::string_view name, const ReloadResult& result) {
    writer.key(name).array();
    for (const std::string& each : result.*list) writer.value(each);
    writer.end_array();
}

constexpr ShownMember<ReloadResult> members[] = {
    {{"added",
      as_json(R"({"type":"array","description":"Components that are new.",)"
              R"("items":{"type":"string"}})"),
      true},
     write_names<&ReloadResult::added>},
    {{"changed",
      as_json(R"({"type":"array","description":"Components with a new definition; they )"
              R"(begin anew.","items":{"type":"string"}})"),
      true},
     write_names<&ReloadResult::changed>},
    {{"removed",
      as_json(R"({"type":"array","description":"Components that are gone.",)"
              R"("items":{"type":"string"}})"),
      true},
     write_names<&ReloadResult::removed>},
    {{"waiting",
      as_json(R"({"type":"array","description":"Sections whose change takes effect with )"
              R"(a restart.","items":{"type":"string"}})"),
      true},
     write_names<&ReloadResult::waiting>}};

Answered run(Call call) {
    if (!call.control.reload) return not_offered(call);
    call.control.reload(
        call.who, [path = call.path, reply = std::move(call.reply)](const ReloadResult& result) {
            if (result.problems.empty())
                return reply(json_answer(
                    [&](JsonWriter& writer) { write_object<members>(writer, result); }));
            reply(problem_answer(422, "the new configuration is wrong and changes nothing", path,
                                 result.problems));
        });
    return {};
}

constexpr NamedSchema answer{"Reloaded", schema_of<members, Members::open>};
constexpr AnswerCase answers[] = {
    {422, "The new configuration is wrong; nothing changed. `problems` has one line for each."}};

}  // namespace

extern constinit const Operation reload = make_operation(
    "POST", "/v1/reload", "reload", "Read the configuration again; what has changed with it.",
    {.right = Right::control, .run = run, .answer = &answer, .answers = answers});

}  // namespace vitals::endpoints
