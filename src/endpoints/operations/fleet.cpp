// GET /v1/fleet, PUT /v1/fleet/drain
#include <algorithm>

#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"
#include "model/clock.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_text = 1024, longest_service = 128;

std::string_view to_string(FleetView::NodeState state) {
    switch (state) {
        case FleetView::NodeState::heard:
            return "heard";
        case FleetView::NodeState::unheard:
            return "unheard";
        case FleetView::NodeState::collides:
            return "collides";
    }
    return "unheard";
}

void write_node(JsonWriter& writer, const FleetView::Node& node) {
    writer.object().member("name", node.name).member("state", to_string(node.state));
    writer.member("itself", node.itself).member("version", node.version);
    writer.member("configuration", node.configuration);
    writer.member("same_configuration", node.same_configuration);
    writer.member("host", node.host).member("out_of_service", node.out_of_service);
    writer.member("listens", node.listens).member("workers", node.workers);
    writer.key("labels").array();
    for (const std::string& label : node.labels) writer.value(label);
    writer.end_array();
    writer.member("lag_seconds", node.lag).member("heard_seconds_ago", node.heard);
    writer.member("heard_at", rfc3339(node.heard_at));
    writer.end_object();
}

void write_check(JsonWriter& writer, const FleetView::Check& check) {
    writer.object().member("component", check.component).member("status", check.status);
    writer.member("detail", check.detail).key("vantages").array();
    for (const std::string& node : check.vantages) writer.value(node);
    writer.end_array().key("votes").array();
    for (const FleetView::Vote& vote : check.votes)
        writer.object().member("node", vote.node).member("status", vote.status).end_object();
    writer.end_array().end_object();
}

void write_view(JsonWriter& writer, const FleetView& view) {
    writer.object().member("name", view.name).member("node", view.node);
    writer.member("connected", view.connected).member("in_contact", view.in_contact);
    writer.key("no_contact_since");
    if (view.silent_since)
        writer.value(rfc3339(*view.silent_since));
    else
        writer.null();
    writer.member("problem", view.problem).member("listens", view.listens);
    writer.key("nodes").array();
    for (const FleetView::Node& node : view.nodes) write_node(writer, node);
    writer.end_array().key("checks").array();
    for (const FleetView::Check& check : view.checks) write_check(writer, check);
    writer.end_array().key("drained").array();
    for (const FleetView::Drain& drain : view.drains)
        writer.object()
            .member("service", drain.service)
            .member("text", drain.text)
            .member("by", drain.by)
            .member("node", drain.node)
            .member("at", rfc3339(drain.at))
            .end_object();
    writer.end_array().key("messages").object();
    writer.member("received", view.received).member("sent", view.sent);
    writer.member("unreadable", view.unreadable).member("late", view.late);
    writer.member("refused", view.refused).member("dropped", view.dropped);
    writer.member("reconnects", view.reconnects).end_object();
    writer.key("alerts").object();
    writer.member("told", view.alerts.told).member("left_to_others", view.alerts.left_to_others);
    writer.member("held", view.alerts.held).end_object();
    writer.member("workers_elsewhere", view.workers_elsewhere).end_object();
}

http::Response no_fleet(const Call& call) {
    return problem_answer(
        409, "this vitals belongs to no fleet; say in its configuration, section 'fleet', to which",
        call.path);
}

Answered show(Call call) {
    const auto view = call.control.fleet.view ? call.control.fleet.view() : nullptr;
    if (!view) return no_fleet(call);
    return json_answer([&](JsonWriter& writer) { write_view(writer, *view); });
}

struct Change {
    std::string service, text;
};

bool is_printable(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool read_text(const json::value& value, Change& change) {
    if (!value.is_string()) return false;
    change.text = as_view(value.get_string());
    return !change.text.empty() && change.text.size() <= longest_text && is_printable(change.text);
}

bool read_service(const json::value& value, Change& change) {
    if (!value.is_string()) return false;
    change.service = as_view(value.get_string());
    return !change.service.empty() && change.service.size() <= longest_service &&
           is_printable(change.service);
}

constexpr BodyMember<Change> members[] = {
    {{"text",
      as_json(R"({"type":"string","minLength":1,"maxLength":1024,)"
              R"("description":"`OK` brings the service back."})"),
      true},
     "a text of 1 to 1024 printable bytes",
     read_text},
    {{"service", as_json(R"({"type":"string","minLength":1,"maxLength":128,)"
                         R"("description":"By default the service of this node."})")},
     "a text of 1 to 128 printable bytes",
     read_service}};

Answered drain(Call call) {
    Change change;
    if (const auto problem = read_body<members>(call.body, change)) return refuse(call, *problem);
    if (!call.control.fleet.drain) return no_fleet(call);
    auto answer = [text = change.text, path = call.path, reply = std::move(call.reply)](
                      const std::string& problem, bool is_durable) {
        if (!problem.empty()) return reply(problem_answer(409, problem, path));
        http::Response response = json_answer([&](JsonWriter& writer) {
            writer.object().member("text", text).member("durable", is_durable).end_object();
        });
        if (!is_durable) response.headers.push_back(not_saved());
        reply(std::move(response));
    };
    call.control.fleet.drain(std::move(change.service), std::move(change.text), std::move(call.who),
                             std::move(answer));
    return {};
}

constexpr MemberSchema view_members[] = {
    {"name", as_json(R"({"type":"string"})"), true},
    {"node", as_json(R"({"type":"string","description":"This node."})"), true},
    {"connected", a_boolean("To one of the servers."), true},
    {"in_contact", a_boolean("It hears its own heartbeats; if not, it knows nothing of others."),
     true},
    {"no_contact_since", as_json(R"({"type":["string","null"],"format":"date-time"})"), true},
    {"problem", as_json(R"({"type":"string","description":"What the servers refuse."})"), true},
    {"listens", a_boolean("Else it only tells, and knows nothing of others."), true},
    {"nodes",
     as_json(
         R"({"type":"array","description":"By name.","items":{"type":"object","properties":{)"
         R"("name":{"type":"string"},"state":{"type":"string","enum":["heard","unheard",)"
         R"("collides"]},"itself":{"type":"boolean"},"version":{"type":"string"},)"
         R"("configuration":{"type":"string","description":"A digest of what it shares."},)"
         R"("same_configuration":{"type":"boolean"},"host":{"type":"string"},)"
         R"("out_of_service":{"type":"boolean"},"listens":{"type":"boolean"},)"
         R"("workers":{"type":"integer","description":"That it shares."},"labels":{"type":"array",)"
         R"("items":{"type":"string"}},"lag_seconds":{"type":"number"},)"
         R"("heard_seconds_ago":{"type":"number"},"heard_at":{"type":"string"}},)"
         R"("required":["name","state"]}})"),
     true},
    {"checks",
     as_json(R"({"type":"array","description":"Components that nodes check together.",)"
             R"("items":{"type":"object","properties":{"component":{"type":"string"},)"
             R"("status":{"type":"string"},"detail":{"type":"string"},"vantages":{"type":"array",)"
             R"("items":{"type":"string"}},"votes":{"type":"array","items":{"type":"object",)"
             R"("properties":{"node":{"type":"string"},"status":{"type":"string"}}}}},)"
             R"("required":["component","vantages","votes"]}})"),
     true},
    {"drained",
     as_json(R"({"type":"array","description":"Services that are out of service on all nodes.",)"
             R"("items":{"type":"object","properties":{"service":{"type":"string"},)"
             R"("text":{"type":"string"},"by":{"type":"string"},"node":{"type":"string"},)"
             R"("at":{"type":"string"}}}})"),
     true},
    {"messages", as_json(R"({"type":"object","additionalProperties":{"type":"integer"}})"), true},
    {"workers_elsewhere", as_json(R"({"type":"integer","minimum":0})"), true}};
constexpr MemberSchema drained_members[] = {
    {"text", as_json(R"({"type":"string"})"), true},
    {"durable", a_boolean("Whether this node will know it after a restart."), true}};

constexpr NamedSchema view_schema{"Fleet",
                                  [] { return object_schema(view_members, Members::open); }};
constexpr NamedSchema body{"FleetDrainChange", schema_of<members, Members::closed>};
constexpr NamedSchema drained{"FleetDrainChanged",
                              [] { return object_schema(drained_members, Members::open); }};
constexpr AnswerCase no_fleet_case[] = {{409, "This vitals belongs to no fleet."}};
constexpr AnswerCase drain_cases[] = {{400, "The body is not valid."},
                                      {409, "This vitals belongs to no fleet."},
                                      {413, "The body is larger than is accepted."}};

}  // namespace

extern constinit const Operation get_fleet = make_operation(
    "GET", "/v1/fleet", "getFleet", "The nodes of the fleet and what they check together.",
    {.right = Right::read, .run = show, .answer = &view_schema, .answers = no_fleet_case});

extern constinit const Operation put_fleet_drain =
    make_operation("PUT", "/v1/fleet/drain", "putFleetDrain",
                   "Take a service out of service on all nodes of the fleet, or back with `OK`.",
                   {.right = Right::control,
                    .run = drain,
                    .body = &body,
                    .answer = &drained,
                    .answers = drain_cases});

}  // namespace vitals::endpoints
