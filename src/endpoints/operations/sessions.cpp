// POST and DELETE /v1/sessions
#include "endpoints/operations/sessions.hpp"

#include "endpoints/operations/answers.hpp"

namespace vitals::endpoints {
namespace {

constexpr std::size_t longest_token = 4096;

struct Given {
    std::string token;
};

constexpr BodyMember<Given> members[] = {
    {{"token", as_json(R"({"type":"string","minLength":1,"maxLength":4096})"), true},
     "the token as a text",
     [](const boost::json::value& value, Given& into) {
         if (!value.is_string()) return false;
         into.token = as_view(value.get_string());
         return !into.token.empty() && into.token.size() <= longest_token;
     }}};

// The responder does it.
Answered run(Call call) {
    return not_offered(call);
}

constexpr MemberSchema session_members[] = {
    {"name", a_text("Of the token."), true},
    {"allow", as_json(R"({"type":"array","items":{"type":"string","enum":["read","control"]}})"),
     true},
    {"seconds", an_integer("How long the session lasts."), true}};
constexpr NamedSchema session{"Session",
                              [] { return object_schema(session_members, Members::open); }};
constexpr NamedSchema body{"NewSession", schema_of<members, Members::closed>};
constexpr AnswerCase begin_answers[] = {
    {201, "The cookie is set. It reads and acts on the page; /v1 takes a token only.", &session},
    {400, "The body is not valid."},
    {403, "The token is not known, or has neither the right to read nor to control."},
    {429, "There were too many failures; a right token is still accepted."}};
constexpr AnswerCase end_answers[] = {{204, "The session is over and the cookie removed."},
                                      {403, "This comes from a web page elsewhere."}};

}  // namespace

std::expected<std::string, BodyProblem> read_session_body(const std::string& text) {
    Given given;
    if (const auto problem = read_body<members>(text, given)) return std::unexpected(*problem);
    return std::move(given.token);
}

extern constinit const Operation begin_session = make_operation(
    "POST", "/v1/sessions", "beginSession",
    "Log in to the page with a token: the answer sets a cookie for 12 hours.",
    {.run = run, .sessions = SessionUse::begins, .body = &body, .answers = begin_answers});

extern constinit const Operation end_session =
    make_operation("DELETE", "/v1/sessions", "endSession", "Log out: end the cookie's session.",
                   {.run = run, .sessions = SessionUse::ends, .answers = end_answers});

}  // namespace vitals::endpoints
