// GET /v1/incidents and GET /v1/incidents/{id}
#include <algorithm>
#include <charconv>

#include "endpoints/operations/changed.hpp"
#include "endpoints/operations/incident.hpp"
#include "endpoints/operations/period.hpp"
#include "endpoints/shown_objects.hpp"
#include "endpoints/shown_people.hpp"
#include "model/hub.hpp"

namespace vitals::endpoints {
namespace {

using Incident = People::Incident;
using Incidents = std::vector<Incident>;

constexpr std::size_t usual_limit = 50;
constexpr std::size_t most = 500;

constexpr QueryParameter query[] = {
    {"component", "Only those that this component caused or was drawn into."},
    {"before", "Only those that opened before this one: its id."},
    {"limit", "How many at most: 1 to 500; 50 if it is not named."},
    {"open", "`1`: only those that have not closed."}};

struct Asked {
    std::string component;
    std::uint64_t before = UINT64_MAX;
    std::size_t limit = usual_limit;
    bool open = false;

    bool takes(const IncidentRecord& incident) const {
        if (incident.number >= before || (open && incident.closed)) return false;
        return component.empty() ||
               std::ranges::find(incident.roots, component) != incident.roots.end() ||
               std::ranges::find(incident.members, component, &IncidentRecord::Member::component) !=
                   incident.members.end();
    }
};

template <class Number>
std::optional<Number> read_number(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

std::expected<Asked, std::string_view> read(const http::Pairs& given) {
    Asked asked;
    if (const std::string* component = parameter(given, "component")) asked.component = *component;
    if (const std::string* before = parameter(given, "before")) {
        // The number follows the last hyphen of an id.
        const auto number = read_number<std::uint64_t>(
            std::string_view(*before).substr(before->find_last_of('-') + 1));
        if (!number) return std::unexpected("before: expected the id of an incident");
        asked.before = *number;
    }
    if (const std::string* limit = parameter(given, "limit")) {
        const auto number = read_number<std::size_t>(*limit);
        if (!number || *number == 0 || *number > most)
            return std::unexpected("limit: expected a number from 1 to 500");
        asked.limit = *number;
    }
    if (const std::string* open = parameter(given, "open")) {
        if (*open != "0" && *open != "1") return std::unexpected("open: expected 0 or 1");
        asked.open = *open == "1";
    }
    return asked;
}

// The incidents of the board are newer than those of the history.
Incidents merged(const Board& board, Incidents older, const Asked& asked) {
    Incidents all;
    for (const Incident& each : board.incidents)
        if (asked.takes(*each)) all.push_back(each);
    for (Incident& each : older)
        if (each != nullptr && asked.takes(*each) &&
            std::ranges::none_of(all, [&](const Incident& has) { return has->id == each->id; }))
            all.push_back(std::move(each));
    std::ranges::sort(all, std::greater{}, [](const Incident& each) { return each->number; });
    if (all.size() > asked.limit) all.resize(asked.limit);
    return all;
}

http::Response shown(const Incidents& incidents) {
    return json_answer([&](JsonWriter& writer) {
        writer.object().key("incidents").array();
        for (const Incident& each : incidents) write_incident(writer, *each);
        writer.end_array().end_object();
    });
}

Answered list(Call call) {
    const auto asked = read(call.query);
    if (!asked) return problem_answer(400, asked.error(), call.path);
    auto board = call.hub.board();
    if (asked->open || !call.control.people.incidents) return shown(merged(*board, {}, *asked));
    call.control.people.incidents(
        asked->component, asked->before, asked->limit,
        [board, asked = *asked, reply = std::move(call.reply)](std::optional<Incidents> older) {
            http::Response response = shown(merged(*board, older.value_or(Incidents()), asked));
            if (!older)
                response.headers.emplace_back("Warning",
                                              "199 vitals \"older incidents cannot be read now\"");
            reply(std::move(response));
        });
    return {};
}

http::Response shown(const IncidentRecord& incident) {
    return json_answer([&](JsonWriter& writer) { write_incident(writer, incident); });
}

Answered get(Call call) {
    const auto board = call.hub.board();
    if (const IncidentRecord* incident = board->find(call.names[0])) return shown(*incident);
    if (!call.control.people.incident) return unknown_incident(call.path);
    call.control.people.incident(call.names[0], [path = call.path, reply = std::move(call.reply)](
                                                    std::optional<Incident> found) {
        if (!found) return reply(history_is_away(path));
        reply(*found == nullptr ? unknown_incident(path) : shown(**found));
    });
    return {};
}

constexpr MemberSchema members[] = {
    {"incidents",
     as_json(R"({"type":"array","description":"The newest first.",)"
             R"("items":{"$ref":"#/components/schemas/Incident"}})"),
     true}};
constexpr const NamedSchema* refers[] = {&incident_schema};
constexpr NamedSchema answer{"Incidents", [] { return object_schema(members, Members::open); },
                             refers};
constexpr AnswerCase list_answers[] = {{400, "A parameter is wrong."}};
constexpr AnswerCase get_answers[] = {{404, "There is no incident of this id."},
                                      {503, "The history cannot be read now."}};

}  // namespace

extern constinit const Operation list_incidents =
    make_operation("GET", "/v1/incidents", "listIncidents",
                   "Incidents, the newest first: one cause each, with all its consequences.",
                   {.query = query,
                    .right = Right::read,
                    .run = list,
                    .answer = &answer,
                    .answers = list_answers});

extern constinit const Operation get_incident =
    make_operation("GET", "/v1/incidents/{id}", "getIncident", "One incident.",
                   {.parameters = incident_parameter,
                    .right = Right::read,
                    .run = get,
                    .answer = &incident_schema,
                    .answers = get_answers});

}  // namespace vitals::endpoints
