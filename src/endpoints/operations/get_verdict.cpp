// GET /v1/verdict
#include <algorithm>
#include <map>
#include <tuple>

#include "dialects/dialect.hpp"
#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"

namespace vitals::endpoints {
namespace {

struct Cause {
    const ComponentState* state = nullptr;
    Status status = Status::ok;
    std::vector<std::string_view> consequences;
};

// The worst first, then the critical ones, then those that have lasted longest.
std::vector<Cause> causes_of(const Snapshot& snapshot, Steady now) {
    std::vector<Cause> causes;
    std::map<std::string_view, std::vector<std::string_view>> consequences;
    for (const auto& state : snapshot.components) {
        const Status status = state->status(now);
        if (status == Status::ok) continue;
        const auto cause = snapshot.causes.find(state->name());
        if (cause == snapshot.causes.end())
            causes.push_back({state.get(), status, {}});
        else
            consequences[cause->second].push_back(state->name());
    }
    for (Cause& each : causes) each.consequences = std::move(consequences[each.state->name()]);
    const auto rank = [](const Cause& each) {
        const int gravity = each.status == Status::failed    ? 0
                            : each.status == Status::unknown ? 1
                                                             : 2;
        return std::tuple(gravity, !each.state->component->critical, each.state->since,
                          std::string_view(each.state->name()));
    };
    std::ranges::sort(causes, {}, rank);
    return causes;
}

void write_cause(JsonWriter& writer, const Cause& cause, const Board& board) {
    const ComponentState& state = *cause.state;
    writer.member("cause", state.name());
    writer.member("since", rfc3339_millis(state.since));
    writer.member("reason", state.last == nullptr ? std::string() : state.last->detail);
    writer.key("consequences").array();
    for (const std::string_view each : cause.consequences) writer.value(each);
    writer.end_array();
    writer.key("ack");
    const IncidentRecord* incident = board.incident_of(state.name());
    if (incident == nullptr || !incident->acknowledged) {
        writer.null();
    } else {
        writer.object().member("by", incident->acknowledged->by);
        writer.member("at", rfc3339_millis(incident->acknowledged->at));
        writer.member("text", incident->acknowledged->reason).end_object();
    }
    writer.key("incident");
    if (incident == nullptr)
        writer.null();
    else
        writer.value(incident->id);
}

void write_nothing(JsonWriter& writer) {
    writer.key("cause").null().key("since").null().member("reason", "");
    writer.key("consequences").array().end_array().key("ack").null().key("incident").null();
}

Answered run(Call call) {
    const auto snapshot = call.hub.current();
    const auto board = call.hub.board();
    dialects::Request request;
    request.now = call.clock.steady();
    std::vector<const ComponentState*> all;
    for (const auto& state : snapshot->components) all.push_back(state.get());
    const std::vector<Cause> causes = causes_of(*snapshot, request.now);
    return json_answer([&](JsonWriter& writer) {
        writer.object().member("status",
                               to_string(dialects::overall_status(*snapshot, all, request)));
        if (causes.empty())
            write_nothing(writer);
        else
            write_cause(writer, causes.front(), *board);
        writer.key("others").array();
        for (std::size_t i = 1; i < causes.size(); ++i) {
            writer.object().member("status", to_string(causes[i].status));
            write_cause(writer, causes[i], *board);
            writer.end_object();
        }
        writer.end_array().key("out_of_service");
        if (const auto why = dialects::out_of_service(*snapshot))
            writer.value(*why);
        else
            writer.null();
        writer.end_object();
    });
}

constexpr std::string_view ack_schema =
    R"({"type":["object","null"],"properties":{"by":{"type":"string"},"at":{"type":"string"},)"
    R"("text":{"type":"string"}}})";

constexpr MemberSchema members[] = {
    {"status", a_reference("Status"), true},
    {"cause",
     as_json(R"({"type":["string","null"],"description":"The component to look at first."})"),
     true},
    {"since", as_json(R"({"type":["string","null"],"format":"date-time"})"), true},
    {"reason", a_text("What is wrong, in public words."), true},
    {"consequences",
     as_json(R"({"type":"array","description":"What falls with it.","items":{"type":"string"}})"),
     true},
    {"ack", as_json(ack_schema), true},
    {"incident", as_json(R"({"type":["string","null"],"description":"Its id."})"), true},
    {"others",
     as_json(R"({"type":"array","description":"Other causes: each has a status, and what stands )"
             R"(above.","items":{"type":"object"}})"),
     true},
    {"out_of_service",
     as_json(R"({"type":["string","null"],"description":"Why this instance takes no part."})"),
     true}};
constexpr const NamedSchema* refers[] = {&status_schema};
constexpr NamedSchema answer{"Verdict", [] { return object_schema(members, Members::open); },
                             refers};

}  // namespace

extern constinit const Operation get_verdict =
    make_operation("GET", "/v1/verdict", "getVerdict",
                   "What is wrong, the cause first: name, reason, since when, what falls with it.",
                   {.right = Right::read, .run = run, .answer = &answer});

}  // namespace vitals::endpoints
