// GET and POST /v1/silences, DELETE /v1/silences/{id}, and the same of /v1/maintenance.
#include <cmath>

#include "endpoints/operations/changed.hpp"
#include "endpoints/shown_objects.hpp"
#include "endpoints/shown_people.hpp"
#include "model/clock.hpp"
#include "model/description.hpp"
#include "model/hub.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

constexpr std::size_t most_patterns = 100;
constexpr std::chrono::hours longest{24 * 3650};

struct Given {
    std::vector<std::string> match;
    std::optional<System> from, until;
    std::optional<std::chrono::milliseconds> duration;
    std::string reason, by;
};

bool add_pattern(const json::value& value, Given& into) {
    if (!value.is_string()) return false;
    into.match.emplace_back(as_view(value.get_string()));
    return is_line(into.match.back(), 256) && selector_problem(into.match.back()).empty();
}

bool read_match(const json::value& value, Given& into) {
    const json::array* list = value.if_array();
    if (list == nullptr) return add_pattern(value, into);
    if (list->empty() || list->size() > most_patterns) return false;
    for (const json::value& each : *list)
        if (!add_pattern(each, into)) return false;
    return true;
}

template <auto member>
bool read_time(const json::value& value, Given& into) {
    if (value.is_string()) into.*member = parse_rfc3339(as_view(value.get_string()));
    return (into.*member).has_value();
}

bool read_duration(const json::value& value, Given& into) {
    if (value.is_string()) {
        into.duration = parse_duration(as_view(value.get_string()));
    } else if (value.is_number()) {
        const double seconds = value.to_number<double>();
        if (seconds > 0 && seconds < 1e9)
            into.duration = std::chrono::milliseconds(std::llround(seconds * 1e3));
    }
    return into.duration && into.duration->count() > 0 && *into.duration <= longest;
}

constexpr std::string_view expected_time = "a time such as \"2026-11-30T02:00:00Z\"";

constexpr BodyMember<Given> members[] = {
    {{"match",
      as_json(R"({"description":"Which components: globs on names, `tag:NAME`, `kind:NAME`; `!` )"
              R"(excludes.","oneOf":[{"type":"string"},{"type":"array","items":)"
              R"({"type":"string"},"minItems":1,"maxItems":100}],"examples":["db/*"]})"),
      true},
     "a selector such as \"db/*\" or \"tag:shop\", or a list of at most 100",
     read_match},
    {{"from", as_json(R"({"type":"string","format":"date-time","description":"Now if it is not )"
                      R"(named."})")},
     expected_time,
     read_time<&Given::from>},
    {{"until", as_json(R"({"type":"string","format":"date-time","description":"The end; or )"
                       R"(`duration`."})")},
     expected_time,
     read_time<&Given::until>},
    {{"duration",
      as_json(R"({"description":"Instead of `until`: how long from the begin.","oneOf":[)"
              R"({"type":"string","examples":["2h"]},{"type":"number","exclusiveMinimum":0}]})")},
     "a duration such as \"2h\", or a number of seconds, at most 3650 days",
     read_duration},
    {{"reason", as_json(R"({"type":"string","minLength":1,"maxLength":1024})"), true},
     expected_line,
     read_line<&Given::reason>},
    author_member<Given>};

// One end, after the begin and in the future.
std::optional<std::string_view> problem_of_times(Given& given, System now) {
    if (given.until.has_value() == given.duration.has_value())
        return "one end is needed: `until` or `duration`";
    const System begin = given.from.value_or(now);
    if (given.duration) given.until = begin + *given.duration;
    if (*given.until <= begin) return "`until` must be after the begin";
    if (*given.until <= now) return "`until` must be in the future";
    return {};
}

template <bool maintenance>
Answered list(Call call) {
    const auto board = call.hub.board();
    return json_answer([&](JsonWriter& writer) {
        writer.object().key(maintenance ? "maintenance" : "silences").array();
        for (const ShownMute& mute : board->mutes)
            if (mute.maintenance == maintenance) write_mute(writer, mute);
        writer.end_array().end_object();
    });
}

template <bool maintenance>
Answered create(Call call) {
    Given given;
    if (const auto problem = read_body<members>(call.body, given)) return refuse(call, *problem);
    if (const auto problem = problem_of_times(given, call.clock.system()))
        return problem_answer(400, *problem, call.path);
    if (!call.control.people.mute) return not_offered(call);
    People::NewMute mute;
    mute.maintenance = maintenance;
    mute.match = std::move(given.match);
    mute.from = given.from;
    mute.until = *given.until;
    mute.by = given.by.empty() ? call.by : std::move(given.by);
    mute.reason = std::move(given.reason);
    call.control.people.mute(std::move(mute), reply_with_change(call, 201));
    return {};
}

template <bool maintenance>
Answered end(Call call) {
    if (!call.control.people.end_mute) return not_offered(call);
    // The other sort is not found here.
    const auto board = call.hub.board();
    for (const ShownMute& mute : board->mutes)
        if (mute.id == call.names[0] && mute.maintenance != maintenance)
            return problem_answer(404,
                                  maintenance
                                      ? "this is a silence: /v1/silences/{id} ends it"
                                      : "this is a maintenance: /v1/maintenance/{id} ends it",
                                  call.path);
    call.control.people.end_mute(call.names[0], call.by, reply_with_change(call, 204));
    return {};
}

template <bool maintenance>
std::string list_schema() {
    const MemberSchema all[] = {
        {maintenance ? "maintenance" : "silences",
         as_json(R"({"type":"array","items":{"$ref":"#/components/schemas/Mute"}})"), true}};
    return object_schema(all, Members::open);
}

constexpr const NamedSchema* refers[] = {&mute_schema};
constexpr NamedSchema silences_answer{"Silences", list_schema<false>, refers};
constexpr NamedSchema maintenance_answer{"MaintenanceList", list_schema<true>, refers};
constexpr NamedSchema body{"NewMute", schema_of<members, Members::closed>};
constexpr PathParameter id[] = {{"id", "Its id.", 64}};
constexpr AnswerCase create_answers[] = {{201, "It is there; `id` ends it.", &changed_schema},
                                         {400, "The body is not valid."},
                                         {422, "It was refused."}};
constexpr AnswerCase end_answers[] = {{204, "It is over."},
                                      {404, "There is none of this id."},
                                      {422,
                                       "It cannot be ended here: it stands in the "
                                       "configuration."}};

}  // namespace

extern constinit const Operation list_silences = make_operation(
    "GET", "/v1/silences", "listSilences", "What is silenced, by whom, why and until when.",
    {.right = Right::read, .run = list<false>, .answer = &silences_answer});

extern constinit const Operation create_silence = make_operation(
    "POST", "/v1/silences", "createSilence",
    "Mute alerts of the components that a selector matches, with an end and a reason.",
    {.right = Right::control, .run = create<false>, .body = &body, .answers = create_answers});

extern constinit const Operation end_silence = make_operation(
    "DELETE", "/v1/silences/{id}", "endSilence", "End a silence before its time.",
    {.parameters = id, .right = Right::control, .run = end<false>, .answers = end_answers});

extern constinit const Operation list_maintenance = make_operation(
    "GET", "/v1/maintenance", "listMaintenance", "What is planned, by whom, why and when.",
    {.right = Right::read, .run = list<true>, .answer = &maintenance_answer});

extern constinit const Operation create_maintenance = make_operation(
    "POST", "/v1/maintenance", "createMaintenance",
    "Plan a maintenance: alerts are muted, and its time counts in no objective.",
    {.right = Right::control, .run = create<true>, .body = &body, .answers = create_answers});

extern constinit const Operation end_maintenance = make_operation(
    "DELETE", "/v1/maintenance/{id}", "endMaintenance", "End a maintenance before its time.",
    {.parameters = id, .right = Right::control, .run = end<true>, .answers = end_answers});

}  // namespace vitals::endpoints
