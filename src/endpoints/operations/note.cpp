// POST /v1/incidents/{id}/notes
#include <algorithm>

#include "endpoints/operations/changed.hpp"
#include "endpoints/operations/incident.hpp"
#include "model/hub.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

struct Given {
    std::string text, by;
    std::optional<NoteState> state;
    bool is_public = false;
};

bool read_text(const json::value& value, Given& into) {
    if (!value.is_string()) return false;
    into.text = as_view(value.get_string());
    return is_note(into.text);
}

bool read_state(const json::value& value, Given& into) {
    if (value.is_string()) into.state = note_state_of(as_view(value.get_string()));
    return into.state.has_value();
}

constexpr BodyMember<Given> members[] = {
    {{"text", as_json(R"({"type":"string","minLength":1,"maxLength":4096})"), true},
     "a text of 1 to 4096 bytes",
     read_text},
    {{"state",
      as_json(R"({"type":"string","enum":["investigating","identified","monitoring","resolved"],)"
              R"("description":"How far the work is; by default unchanged."})")},
     "one of investigating, identified, monitoring, resolved",
     read_state},
    {{"public", a_boolean("Customers may read it on the public page.")},
     "true or false",
     read_flag<&Given::is_public, Given>},
    author_member<Given>};

Answered run(Call call) {
    Given given;
    if (const auto problem = read_body<members>(call.body, given)) return refuse(call, *problem);
    if (!call.control.people.note) return not_offered(call);
    if (given.by.empty()) given.by = call.by;
    call.control.people.note(call.names[0], std::move(given.by),
                             given.state.value_or(present_state(*call.hub.board(), call.names[0])),
                             given.is_public, std::move(given.text), reply_with_change(call, 201));
    return {};
}

constexpr NamedSchema body{"NewNote", schema_of<members, Members::closed>};
constexpr AnswerCase answers[] = {{201, "The note is there; `id` is its number.", &changed_schema},
                                  {400, "The body is not valid."},
                                  {404, "There is no incident of this id."}};

}  // namespace

extern constinit const Operation note =
    make_operation("POST", "/v1/incidents/{id}/notes", "noteIncident",
                   "Write what is known or done; with `public` also for customers.",
                   {.parameters = incident_parameter,
                    .right = Right::control,
                    .run = run,
                    .body = &body,
                    .answers = answers});

}  // namespace vitals::endpoints
