// GET /v1/components/{name}/explain
#include <array>

#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"
#include "model/explain.hpp"
#include "model/hub.hpp"

namespace vitals::endpoints {
namespace {

void write_steps(JsonWriter& writer, const Explanation& told) {
    writer.key("phases").array();
    for (const Explanation::Step& step : told.phases) {
        writer.object().member("name", step.name).member("came_to", step.came_to);
        writer.member("failed", step.failed);
        if (step.took) writer.member("seconds", *step.took);
        if (step.usual.count() > 0)
            writer.member("usual_seconds", std::chrono::nanoseconds(step.usual));
        writer.end_object();
    }
    writer.end_array();
}

void write_before(JsonWriter& writer, const Explanation& told) {
    writer.key("before").array();
    for (const Explanation::Before& before : told.before) {
        writer.object().member("at", rfc3339_millis(before.at));
        if (!before.component.empty()) writer.member("component", before.component);
        writer.member("what", before.what).end_object();
    }
    writer.end_array();
}

void write_last_failure(JsonWriter& writer, const LastFailure& last) {
    if (last.watched_since == System{}) return;
    writer.member("watched_since", rfc3339_millis(last.watched_since));
    writer.key("last_failed");
    if (!last.seen) {
        writer.null();
        return;
    }
    writer.object().member("from", rfc3339_millis(last.seen->from));
    if (!last.lasts) writer.member("to", rfc3339_millis(last.seen->to));
    writer.end_object();
}

http::Response explained(const Snapshot& snapshot, const Board& board, const ComponentState* state,
                         const UsualTimes& usual, const LastFailure& last, Steady now) {
    const std::string& name = state->name();
    const Explanation told = explain(*state, snapshot, board, usual, now);
    return json_answer([&](JsonWriter& writer) {
        writer.object().member("component", name).member("status", to_string(state->status(now)));
        if (state->last != nullptr) {
            writer.member("since", rfc3339_millis(state->since));
            writer.member("observed", rfc3339_millis(state->observed_at));
            writer.member("seconds", told.took);
        }
        writer.member("timeout_seconds", std::chrono::nanoseconds(state->component->timeout));
        if (told.usual.count() > 0)
            writer.member("usual_seconds", std::chrono::nanoseconds(told.usual));
        write_steps(writer, told);
        writer.member("saw", told.saw);
        if (!told.error.empty()) writer.member("error", told.error);
        writer.member("means", told.means).member("rule", told.rule);
        if (told.last_ok) writer.member("last_ok", rfc3339_millis(*told.last_ok));
        write_last_failure(writer, last);
        if (!told.cause.empty()) writer.member("cause", told.cause);
        if (!told.action.empty()) writer.member("action", told.action);
        if (!state->component->runbook.empty()) writer.member("runbook", state->component->runbook);
        write_before(writer, told);
        writer.end_object();
    });
}

Answered run(Call call) {
    constexpr std::chrono::days back{400};  // as long as the history usually is kept
    const auto snapshot = call.hub.current();
    const std::string& name = call.names[0];
    const ComponentState* state = snapshot->find(name);
    if (state == nullptr) return unknown_component(call.path);
    UsualTimes usual;
    if (call.control.usual)
        if (auto found = call.control.usual({name}); !found.empty())
            usual = std::move(found.front());
    const Steady now = call.clock.steady();
    const auto board = call.hub.board();
    if (!call.control.past) return explained(*snapshot, *board, state, usual, {}, now);
    call.control.past(name, back,
                      [snapshot, board, state, usual = std::move(usual), now,
                       reply = std::move(call.reply)](const std::optional<Past>& past) {
                          reply(explained(*snapshot, *board, state, usual,
                                          past ? last_failure(*past) : LastFailure(), now));
                      });
    return {};
}

constexpr Schema moment = as_json(R"({"type":"string","format":"date-time"})");
constexpr Schema seconds = as_json(R"({"type":"number"})");
constexpr MemberSchema members[] = {
    {"component", a_text("Its name."), true},
    {"status", a_reference("Status"), true},
    {"since", moment},
    {"observed", moment},
    {"seconds", seconds},
    {"timeout_seconds", seconds, true},
    {"usual_seconds", seconds},
    {"phases",
     as_json(
         R"({"type":"array","description":"Of the latest run, in its order, and those of a usual )"
         R"(run that it did not come to.","items":{"type":"object","properties":{)"
         R"("name":{"type":"string"},)"
         R"("came_to":{"type":"string","description":"`ok`, `failed`, `timed out`, `refused`, )"
         R"(`not as expected`, `not reached`, `not needed`, ..."},)"
         R"("failed":{"type":"boolean"},"seconds":{"type":"number"},)"
         R"("usual_seconds":{"type":"number"}},"required":["name","came_to","failed"]}})"),
     true},
    {"saw", a_text("What the run found, in public words."), true},
    {"error", a_text("What the other side said.")},
    {"means", a_text("What that means, in a sentence or two."), true},
    {"rule", a_text("Why the status follows from it."), true},
    {"last_ok", moment},
    {"watched_since", moment},
    {"last_failed",
     as_json(R"({"type":["object","null"],"description":"When it was failing last; null: never )"
             R"(since it is watched. Without `to` it is now. Missing where the history cannot be )"
             R"(read.","properties":{"from":{"type":"string","format":"date-time"},)"
             R"("to":{"type":"string","format":"date-time"}},"required":["from"]})")},
    {"cause", a_text("A component that explains it.")},
    {"action", a_text("What vitals does about it, and whether a brake holds that back.")},
    {"runbook", a_text("The URL of instructions.")},
    {"before",
     as_json(R"({"type":"array","description":"What else happened in the ten minutes before, )"
             R"(oldest first.","items":{"type":"object","properties":{)"
             R"("at":{"type":"string","format":"date-time"},"component":{"type":"string"},)"
             R"("what":{"type":"string"}},"required":["at","what"]}})"),
     true}};
constexpr const NamedSchema* refers[] = {&status_schema};
constexpr NamedSchema answer{"Explanation", [] { return object_schema(members, Members::open); },
                             refers};
constexpr std::array answers = {AnswerCase{404, "There is no component of this name."}};

}  // namespace

extern constinit const Operation explain_component =
    make_operation("GET", "/v1/components/{name}/explain", "explainComponent",
                   "Explains the status of a component: its latest run phase by phase beside a "
                   "usual one, what that means, the rule, and what happened just before.",
                   {.parameters = component_parameter,
                    .right = Right::read,
                    .run = run,
                    .answer = &answer,
                    .answers = answers});

}  // namespace vitals::endpoints
