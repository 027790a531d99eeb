// GET /v1/history/{name}
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "endpoints/operations/answers.hpp"
#include "endpoints/operations/period.hpp"
#include "endpoints/shown_objects.hpp"
#include "model/clock.hpp"

namespace vitals::endpoints {
namespace {

constexpr Spent shown_kinds[] = {Spent::ok,    Spent::degraded,    Spent::failed,   Spent::unknown,
                                 Spent::blind, Spent::maintenance, Spent::unwatched};

bool wholly_ok(const Account& account) {
    return account.of(Spent::ok) == account.window();
}

void write_step(JsonWriter& writer, const Account& account, System at) {
    writer.object().member("at", rfc3339_millis(at)).member("worst", to_string(account.worst()));
    for (const Spent kind : shown_kinds)
        if (account.of(kind) > std::chrono::milliseconds(0))
            writer.member(to_string(kind), account.of(kind));
    writer.end_object();
}

using Responses = std::optional<std::vector<ResponseStep>>;

std::chrono::nanoseconds average(const ResponseStep& step) {
    return step.total / static_cast<std::int64_t>(step.runs);
}

void write_responses(JsonWriter& writer, const std::vector<ResponseStep>& steps) {
    writer.key("responses").array();
    for (const ResponseStep& step : steps) {
        if (step.runs == 0) continue;
        writer.object().member("at", rfc3339_millis(step.at));
        writer.member("runs", static_cast<std::int64_t>(step.runs));
        writer.member("min", std::chrono::nanoseconds(step.least)).member("avg", average(step));
        writer.member("p50", std::chrono::nanoseconds(step.p50));
        writer.member("p95", std::chrono::nanoseconds(step.p95));
        writer.member("max", std::chrono::nanoseconds(step.most)).end_object();
    }
    writer.end_array();
}

// The last step ends now, even if it is not over.
http::Response history(const std::string& name, const Period& period,
                       const std::vector<Account>& steps, const Responses& responses) {
    return json_answer([&](JsonWriter& writer) {
        writer.object().member("component", name).member("from", rfc3339_millis(period.from));
        writer.member("steps", period.count);
        writer.member("step", period.step);
        writer.key("buckets").array();
        for (std::size_t i = 0; i < steps.size(); ++i)
            if (!wholly_ok(steps[i])) write_step(writer, steps[i], period.from + period.step * i);
        writer.end_array();
        if (responses) write_responses(writer, *responses);
        writer.end_object();
    });
}

double seconds(std::chrono::nanoseconds time) {
    return static_cast<double>(std::chrono::round<std::chrono::microseconds>(time).count()) / 1e6;
}

// A line for each step, also for a step that is ok throughout.
http::Response history_table(const Period& period, const std::vector<Account>& steps,
                             const Responses& responses) {
    std::string table = "at,worst";
    for (const Spent kind : shown_kinds) table += fmt::format(",{}", to_string(kind));
    if (responses) table += ",runs,min,avg,p50,p95,max";
    table += "\r\n";
    for (std::size_t i = 0; i < steps.size(); ++i) {
        table += fmt::format("{},{}", rfc3339_millis(period.from + period.step * i),
                             to_string(steps[i].worst()));
        for (const Spent kind : shown_kinds)
            table += ',' + text::plain_number(seconds(steps[i].of(kind)));
        if (responses && i < responses->size()) {
            const ResponseStep& step = (*responses)[i];
            table += fmt::format(",{}", step.runs);
            if (step.runs == 0)
                table += ",,,,,";
            else
                for (const std::chrono::nanoseconds time :
                     {std::chrono::nanoseconds(step.least), average(step),
                      std::chrono::nanoseconds(step.p50), std::chrono::nanoseconds(step.p95),
                      std::chrono::nanoseconds(step.most)})
                    table += ',' + text::plain_number(seconds(time));
        }
        table += "\r\n";
    }
    return csv_answer(std::move(table));
}

struct Asked {
    std::string name, path;
    Period period;
    bool csv = false;
    Reply reply;
    std::vector<Account> steps;  // once they are known

    void answer(const Responses& responses) const {
        reply(csv ? history_table(period, steps, responses)
                  : history(name, period, steps, responses));
    }
};

Answered run(Call call) {
    if (!call.control.past) return not_offered(call);
    const System now = real_clock().system();
    const auto period = read_period(call.query, now);
    if (!period) return problem_answer(400, period.error(), call.path);
    const auto csv = wants_csv(call.query);
    if (!csv) return unknown_format(call.path);
    const std::string* response = parameter(call.query, "response");
    if (response != nullptr && *response != "0" && *response != "1")
        return problem_answer(400, "response: expected 0 or 1", call.path);
    const bool with_responses = response != nullptr && *response == "1";
    if (with_responses && !call.control.responses) return not_offered(call);
    const auto back = std::chrono::duration_cast<std::chrono::milliseconds>(now - period->from);
    const auto asked = std::make_shared<Asked>(
        Asked{call.names[0], call.path, *period, *csv, std::move(call.reply), {}});
    const Control& control = call.control;
    auto take_past = [asked, with_responses, &control](std::optional<Past> past) {
        if (!past) return asked->reply(history_is_away(asked->path));
        if (past->spans.empty()) return asked->reply(unknown_component(asked->path));
        const Period& of = asked->period;
        asked->steps = accounts(past->watched(), of.from, of.step, of.count);
        if (!with_responses) return asked->answer({});
        auto take_responses = [asked](Responses found) {
            if (!found) return asked->reply(history_is_away(asked->path));
            asked->answer(found);
        };
        control.responses(asked->name, of.from, of.step, of.count, std::move(take_responses));
    };
    control.past(asked->name, back, std::move(take_past));
    return {};
}

constexpr QueryParameter query[] = {period_parameters[0],
                                    period_parameters[1],
                                    period_parameters[2],
                                    period_parameters[3],
                                    {"response", "`1`: with response times."},
                                    format_parameter};

constexpr MemberSchema members[] = {
    {"component", a_text("Its name."), true},
    {"from", as_json(R"({"type":"string","format":"date-time"})"), true},
    {"steps", an_integer("How many steps there are, one after the other."), true},
    {"step", a_number("The length of each, in seconds."), true},
    {"buckets",
     as_json(
         R"({"type":"array","description":"The steps that are not wholly ok, in order. Each has )"
         R"(seconds for what there was: ok, degraded, failed, unknown, blind, maintenance, )"
         R"(unwatched.","items":{"type":"object","properties":{)"
         R"("at":{"type":"string","format":"date-time","description":"When the step begins."},)"
         R"("worst":{"type":"string","enum":["ok","degraded","failed","unknown","blind",)"
         R"("maintenance","unwatched"]}},"required":["at","worst"],)"
         R"("additionalProperties":{"type":"number"}}})"),
     true},
    {"responses",
     as_json(R"({"type":"array","description":"How long runs took that came to an answer, in )"
             R"(seconds, for the steps that have some. p50 and p95 are right within 4.5 %.",)"
             R"("items":{"type":"object","properties":{)"
             R"("at":{"type":"string","format":"date-time"},"runs":{"type":"integer"},)"
             R"("min":{"type":"number"},"avg":{"type":"number"},"p50":{"type":"number"},)"
             R"("p95":{"type":"number"},"max":{"type":"number"}},)"
             R"("required":["at","runs","min","avg","p50","p95","max"]}})"),
     false}};
constexpr NamedSchema answer{"History", [] { return object_schema(members, Members::open); }};

}  // namespace

extern constinit const Operation get_history =
    make_operation("GET", "/v1/history/{name}", "getHistory",
                   "What a component was, in steps of time: for bars and reports.",
                   {.parameters = component_parameter,
                    .query = query,
                    .right = Right::read,
                    .run = run,
                    .answer = &answer,
                    .answers = past_answers});

}  // namespace vitals::endpoints
