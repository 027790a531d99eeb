#include "endpoints/problem.hpp"

#include "http/answer.hpp"
#include "text/json.hpp"

namespace vitals::endpoints {

http::Response problem_answer(int status, std::string_view detail, std::string_view instance,
                              std::span<const std::string> problems) {
    http::Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    text::JsonWriter writer(response.body);
    writer.object()
        .member("type", "about:blank")
        .member("title", http::reason_phrase(status))
        .member("status", status)
        .member("detail", detail)
        .member("instance", instance);
    if (!problems.empty()) {
        writer.key("problems").array();
        for (const std::string& line : problems) writer.value(line);
        writer.end_array();
    }
    writer.end_object();
    response.body += '\n';
    return response;
}

namespace {
constexpr MemberSchema members[] = {
    {"type", a_text("Always `about:blank`: the status says what kind of problem it is."), true},
    {"title", a_text("The status in words."), true},
    {"status", an_integer("The HTTP status."), true},
    {"detail", a_text("What is wrong, and what to do."), true},
    {"instance", a_text("The path that was asked for."), true},
    {"problems", as_json(R"({"type":"array","items":{"type":"string"}})")}};
}

constinit const NamedSchema problem_schema{"Problem",
                                           [] { return object_schema(members, Members::open); }};

}  // namespace vitals::endpoints
