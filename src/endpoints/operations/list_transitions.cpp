// GET /v1/transitions
#include <fmt/format.h>

#include <charconv>

#include "endpoints/operations/answers.hpp"
#include "endpoints/operations/period.hpp"
#include "endpoints/shown_objects.hpp"
#include "model/clock.hpp"
#include "text/csv.hpp"

namespace vitals::endpoints {
namespace {

constexpr std::size_t usual_limit = 100;
constexpr std::size_t most = 1'000;

constexpr QueryParameter query[] = {
    {"component", "Only those of this component."},
    {"before", "Only those that began before this time, as RFC 3339 has it."},
    {"limit", "How many at most: 1 to 1000; 100 if it is not named."},
    format_parameter};

void write_change(JsonWriter& writer, const PastChange& change) {
    writer.object().member("component", change.component);
    writer.member("at", rfc3339_millis(change.decided));
    writer.member("first", rfc3339_millis(change.first));
    writer.member("from", to_string(change.from)).member("to", to_string(change.to));
    writer.member("why", change.why);
    if (change.lasted) writer.member("lasted_seconds", *change.lasted);
    writer.end_object();
}

http::Response transitions(const std::vector<PastChange>& changes) {
    return json_answer([&](JsonWriter& writer) {
        writer.object().key("transitions").array();
        for (const PastChange& change : changes) write_change(writer, change);
        writer.end_array().end_object();
    });
}

// Names and reasons come from others: a spreadsheet must not run them.
http::Response transitions_table(const std::vector<PastChange>& changes) {
    std::string table = "component,at,first,from,to,lasted_seconds,why\r\n";
    for (const PastChange& change : changes)
        table += fmt::format(
            "{},{},{},{},{},{},{}\r\n", text::csv_field(change.component),
            rfc3339_millis(change.decided), rfc3339_millis(change.first), to_string(change.from),
            to_string(change.to),
            change.lasted ? text::plain_number(static_cast<double>(change.lasted->count()) / 1e3)
                          : std::string(),
            text::csv_field(change.why));
    return csv_answer(std::move(table));
}

std::optional<std::size_t> read_limit(const std::string* text) {
    if (text == nullptr) return usual_limit;
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc{} || end != text->data() + text->size() || limit == 0 || limit > most)
        return std::nullopt;
    return limit;
}

Answered run(Call call) {
    if (!call.control.changes) return not_offered(call);
    const std::string* component = parameter(call.query, "component");
    const std::string* before = parameter(call.query, "before");
    const auto moment = before == nullptr ? std::optional(System::max()) : parse_rfc3339(*before);
    if (!moment)
        return problem_answer(400, "before: expected a time such as 2026-11-30T02:00:00Z",
                              call.path);
    const auto limit = read_limit(parameter(call.query, "limit"));
    if (!limit)
        return problem_answer(400, fmt::format("limit: expected a number from 1 to {}", most),
                              call.path);
    const auto csv = wants_csv(call.query);
    if (!csv) return unknown_format(call.path);
    auto answer = [path = call.path, csv = *csv,
                   reply = std::move(call.reply)](std::optional<std::vector<PastChange>> changes) {
        if (!changes) return reply(history_is_away(path));
        reply(csv ? transitions_table(*changes) : transitions(*changes));
    };
    call.control.changes(component == nullptr ? std::string() : *component, *moment, *limit,
                         std::move(answer));
    return {};
}

constexpr MemberSchema members[] = {
    {"transitions",
     as_json(
         R"({"type":"array","description":"The newest first.","items":{"type":"object",)"
         R"("properties":{"component":{"type":"string"},)"
         R"("at":{"type":"string","format":"date-time","description":"The verdict."},)"
         R"("first":{"type":"string","format":"date-time","description":"The first of the runs )"
         R"(that led to it."},)"
         R"("from":{"type":"string"},"to":{"type":"string","description":"ok, degraded, failed, )"
         R"(unknown, blind, unwatched."},"why":{"type":"string"},)"
         R"("lasted_seconds":{"type":"number","description":"How long it was what it was )"
         R"(before."}},"required":["component","at","first","from","to","why"]}})"),
     true}};
constexpr NamedSchema answer{"Transitions", [] { return object_schema(members, Members::open); }};

constexpr AnswerCase answers[] = {{400, "A parameter is wrong."},
                                  {503, "The history cannot be read now."}};

}  // namespace

extern constinit const Operation list_transitions = make_operation(
    "GET", "/v1/transitions", "listTransitions", "What changed, newest first.",
    {.query = query, .right = Right::read, .run = run, .answer = &answer, .answers = answers});

}  // namespace vitals::endpoints
