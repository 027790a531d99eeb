// POST /v1/incidents/{id}/ack
#include "endpoints/operations/changed.hpp"
#include "endpoints/operations/incident.hpp"

namespace vitals::endpoints {
namespace {

struct Given {
    std::string reason, by;
};

constexpr BodyMember<Given> members[] = {
    {{"reason", as_json(R"({"type":"string","maxLength":1024,"description":"What is done about )"
                        R"(it, in one line; it is shown to all."})")},
     "a text of at most 1024 bytes in one line",
     [](const boost::json::value& value, Given& into) {
         return value.is_string() &&
                (value.get_string().empty() || read_line<&Given::reason>(value, into));
     }},
    author_member<Given>};

Answered run(Call call) {
    Given given;
    if (!call.body.empty())
        if (const auto problem = read_body<members>(call.body, given))
            return refuse(call, *problem);
    if (!call.control.people.acknowledge) return not_offered(call);
    if (given.by.empty()) given.by = call.by;
    call.control.people.acknowledge(call.names[0], std::move(given.by), std::move(given.reason),
                                    reply_with_change(call, 204));
    return {};
}

constexpr NamedSchema body{"Acknowledgement", schema_of<members, Members::closed>};
constexpr AnswerCase answers[] = {{204, "It is acknowledged: nobody is reminded of it any more."},
                                  {400, "The body is not valid."},
                                  {404, "There is no incident of this id."},
                                  {409, "The incident has closed."}};

}  // namespace

extern constinit const Operation acknowledge = make_operation(
    "POST", "/v1/incidents/{id}/ack", "acknowledgeIncident",
    "Say that somebody takes care of it: until it recovers nobody else is told of it.",
    {.parameters = incident_parameter,
     .right = Right::control,
     .run = run,
     .body = &body,
     .body_required = false,
     .answers = answers});

}  // namespace vitals::endpoints
