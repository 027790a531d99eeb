// PUT /v1/components/{name}
#include <chrono>
#include <cmath>

#include "endpoints/operations/answers.hpp"
#include "model/description.hpp"
#include "model/name.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_detail = 4096;

bool read_status(const json::value& value, Push& push) {
    if (!value.is_string()) return false;
    const auto status = parse_status(as_view(value.get_string()));
    if (!status) return false;
    push.outcome.status = *status;
    if (*status == Status::failed) push.outcome.error_class = ErrorClass::assertion;
    if (*status == Status::unknown) push.outcome.error_class = ErrorClass::local;
    return true;
}

bool read_detail(const json::value& value, Push& push) {
    if (!value.is_string() || value.get_string().size() > longest_detail) return false;
    push.outcome.detail = as_view(value.get_string());
    // One line, whatever the sender counts as one.
    for (char& c : push.outcome.detail)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return true;
}

bool read_ttl(const json::value& value, Push& push) {
    std::optional<std::chrono::milliseconds> ttl;
    if (value.is_string()) {
        ttl = parse_duration(as_view(value.get_string()));
    } else if (value.is_number()) {
        const double number = value.to_number<double>();
        if (number > 0 && number < 1e9) ttl = std::chrono::milliseconds(std::llround(number * 1e3));
    }
    // Longer times to live mean nothing, and above 292 years they are not even points in time.
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 3650);
    if (!ttl || ttl->count() <= 0 || *ttl > longest) return false;
    push.ttl = ttl;
    return true;
}

constexpr BodyMember<Push> members[] = {
    {{"status", a_reference("Status"), true}, "one of ok, degraded, failed, unknown", read_status},
    {{"detail", as_json(R"({"type":"string","maxLength":4096})")},
     "a text of at most 4096 bytes",
     read_detail},
    {{"properties", any_properties},
     expected_properties,
     [](const json::value& value, Push& push) { return read_properties(value, push.outcome); }},
    {{"ttl",
      as_json(R"({"description":"Silent for longer than this, the component is failed; without it )"
              R"(the component's own time to live holds.","oneOf":[)"
              R"({"type":"string","examples":["90s","5m"]},)"
              R"({"type":"number","exclusiveMinimum":0}]})")},
     "a duration such as \"90s\", or a number of seconds, at most 3650 days",
     read_ttl},
    {{"create", a_boolean("False: refuse where there is no such component. Usually it is "
                          "created.")},
     "true or false",
     read_flag<&Push::create, Push>},
    {{"critical", a_boolean("Whether a component that is created decides the aggregate; usually "
                            "not.")},
     "true or false",
     read_flag<&Push::critical, Push>},
};

Answered run(Call call) {
    Push push;
    push.component = call.names[0];
    if (const std::string problem = name_problem(push.component); !problem.empty())
        return problem_answer(400, "the component's name " + problem, call.path);
    if (const auto problem = read_body<members>(call.body, push)) return refuse(call, *problem);
    if (!call.control.push) return not_offered(call);
    call.control.push(std::move(push), reply_with_outcome(call));
    return {};
}

constexpr const NamedSchema* refers[] = {&status_schema};
constexpr NamedSchema body{"Push", schema_of<members, Members::closed>, refers};
constexpr AnswerCase answers[] = {{201, "The component did not exist and was created."},
                                  {204, "The result was taken."},
                                  {400, "The name or the body is not valid."},
                                  {404, "There is no such component, and `create` is false."},
                                  {409, "The component is checked, not pushed."},
                                  {413, "The body is larger than is accepted."},
                                  {422, "The result was refused."}};

}  // namespace

extern constinit const Operation push_component =
    make_operation("PUT", "/v1/components/{name}", "pushComponent",
                   "Push a result; a component that does not exist is created.",
                   {.parameters = component_parameter,
                    .right = Right::push,
                    .run = run,
                    .body = &body,
                    .answers = answers});

}  // namespace vitals::endpoints
