// PUT /v1/workers/{group}/{worker}/heartbeat and PUT /v1/workers/{group}/heartbeats
#include <chrono>

#include "endpoints/operations/answers.hpp"
#include "model/moment.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

Answered pass_on(Call call, std::vector<Heartbeat> beats) {
    if (call.names[0].find('/') != std::string::npos)
        return problem_answer(400, "a group of workers has no `/` in its name", call.path);
    if (!call.control.heartbeat) return not_offered(call);
    Heartbeats from_group{std::move(call.names[0]), std::move(beats)};
    call.control.heartbeat(std::move(from_group), [path = call.path, reply = std::move(call.reply)](
                                                      const std::string& problem) {
        reply(problem.empty() ? empty_answer(204) : problem_answer(422, problem, path));
    });
    return {};
}

// When the worker sent the heartbeat, by its own account: for show.
bool read_sent(const json::value& value, Heartbeat& beat) {
    json::error_code error;
    const auto seconds = value.to_number<double>(error);
    constexpr double latest = 253'402'300'799;  // the end of the year 9999
    if (error || seconds < 0 || seconds > latest) return false;
    beat.sent = moment_of(seconds);
    return true;
}

constexpr BodyMember<Heartbeat> sent{
    {"sent", as_json(R"({"type":"number","minimum":0,)"
                     R"("description":"Seconds since 1970 by the worker's clock; only shown."})")},
    "seconds since 1970",
    read_sent};
constexpr BodyMember<Heartbeat> leaving{{"leaving", a_boolean("The worker stops and deregisters.")},
                                        "true or false",
                                        read_flag<&Heartbeat::leaving, Heartbeat>};
constexpr BodyMember<Heartbeat> members_of_one[] = {sent, leaving};

Answered run_one(Call call) {
    Heartbeat beat;
    beat.worker = call.names[1];
    if (!call.body.empty())
        if (const auto problem = read_body<members_of_one>(call.body, beat))
            return refuse(call, *problem);
    return pass_on(std::move(call), {std::move(beat)});
}

// ---- many at once -------------------------------------------------------------------------------

constexpr std::string_view expected_workers =
    "a list of names or of {\"name\", \"sent\", \"leaving\"}";

bool read_name(const json::value& value, Heartbeat& beat) {
    if (!value.is_string()) return false;
    beat.worker = as_view(value.get_string());
    return true;
}

constexpr BodyMember<Heartbeat> members_of_each[] = {
    {{"name", a_text("The worker's name."), true}, expected_workers, read_name, "workers"},
    sent,
    leaving};

using List = const json::array*;

bool read_list(const json::value& value, List& list) {
    list = value.if_array();
    return list != nullptr;
}

constexpr BodyMember<List> members_of_list[] = {
    {{"workers", {}, true}, expected_workers, read_list}};

std::string schema_of_list() {
    const std::string workers = R"({"type":"array","items":{"oneOf":[{"type":"string"},)" +
                                schema_of<members_of_each, Members::closed>() + "]}}";
    const MemberSchema all[] = {{"workers", as_json(workers), true}};
    return object_schema(all, Members::closed);
}

// An item of the list: a name, or an object with a name.
std::optional<BodyProblem> read_each(const json::value& item, Heartbeat& beat) {
    if (const json::object* object = item.if_object())
        return read_members<members_of_each>(*object, beat);
    if (!read_name(item, beat)) return not_as_expected("workers", expected_workers);
    return {};
}

Answered run_many(Call call) {
    auto object = parse_object(call.body);
    if (!object) return refuse(call, object.error());
    List list = nullptr;
    if (const auto problem = read_members<members_of_list>(*object, list))
        return refuse(call, *problem);
    std::vector<Heartbeat> beats(list->size());
    for (std::size_t i = 0; i < beats.size(); ++i)
        if (const auto problem = read_each((*list)[i], beats[i])) return refuse(call, *problem);
    return pass_on(std::move(call), std::move(beats));
}

constexpr NamedSchema one{"Heartbeat", schema_of<members_of_one, Members::closed>};
constexpr NamedSchema many{"Heartbeats", schema_of_list};
constexpr PathParameter group{"group", "The group of workers, as the configuration names it."};
constexpr PathParameter parameters[] = {
    group, {"worker", "The worker's name as one segment, percent-encoded.", 256}};
constexpr PathParameter group_alone[] = {group};
constexpr AnswerCase answers[] = {{204, "The heartbeats were taken."},
                                  {400, "The body is not valid."},
                                  {413, "The body is larger than is accepted."},
                                  {422, "There is no such group, or a name cannot be a worker's."}};

}  // namespace

extern constinit const Operation put_heartbeat =
    make_operation("PUT", "/v1/workers/{group}/{worker}/heartbeat", "putHeartbeat",
                   "A worker says that it is alive, or that it leaves.",
                   {.parameters = parameters,
                    .right = Right::push,
                    .run = run_one,
                    .body = &one,
                    .body_required = false,
                    .answers = answers});

extern constinit const Operation put_heartbeats =
    make_operation("PUT", "/v1/workers/{group}/heartbeats", "putHeartbeats",
                   "Many workers of a group say so at once.",
                   {.parameters = group_alone,
                    .right = Right::push,
                    .run = run_many,
                    .body = &many,
                    .answers = answers});

}  // namespace vitals::endpoints
