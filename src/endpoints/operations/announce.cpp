// POST /v1/events: a pipeline reports what it did.
#include "endpoints/operations/changed.hpp"
#include "model/name.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

struct Announcement {
    std::string component, text, what;
};

constexpr BodyMember<Announcement> members[] = {
    {{"text",
      as_json(R"({"type":"string","minLength":1,"maxLength":1024,)"
              R"("description":"What was done, in one line: `release 2.6.1`."})"),
      true},
     expected_line,
     read_line<&Announcement::text>},
    {{"component", a_text("The component that it concerns.")},
     "a component's name",
     [](const json::value& value, Announcement& into) {
         if (!value.is_string()) return false;
         into.component = as_view(value.get_string());
         return name_problem(into.component).empty();
     }},
    {{"what",
      as_json(R"({"type":"string","minLength":1,"maxLength":1024,)"
              R"("description":"What sort of thing it is: `deployment`. It is shown before )"
              R"(the text."})")},
     expected_line,
     read_line<&Announcement::what>}};

Answered run(Call call) {
    Announcement said;
    if (const auto problem = read_body<members>(call.body, said)) return refuse(call, *problem);
    if (!call.control.people.announce) return not_offered(call);
    std::string text = said.what.empty() ? said.text : said.what + ": " + said.text;
    std::string by = call.by;
    call.control.people.announce(std::move(said.component), std::move(text), std::move(by),
                                 reply_with_change(call, 204));
    return {};
}

constexpr NamedSchema body{"Announcement", schema_of<members, Members::closed>};
constexpr AnswerCase answers[] = {{204, "All who watch are told of it."},
                                  {400, "The body is not valid."},
                                  {404, "There is no component of this name."}};

}  // namespace

extern constinit const Operation announce = make_operation(
    "POST", "/v1/events", "announce",
    "Tell what was done, such as a deployment: it stands beside what changed afterwards.",
    {.right = Right::push, .run = run, .body = &body, .answers = answers});

}  // namespace vitals::endpoints
