// GET /v1/history/{name}
#include <algorithm>

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

// The last step ends now, also where it is not over.
http::Response history(const std::string& name, const Period& period, const Past& past) {
    const std::vector<Account> steps =
        accounts(past.watched(), period.from, period.step, period.count);
    return json_answer([&](JsonWriter& writer) {
        writer.object().member("component", name).member("from", rfc3339_millis(period.from));
        writer.member("steps", period.count);
        writer.member("step", period.step);
        writer.key("buckets").array();
        for (std::size_t i = 0; i < steps.size(); ++i)
            if (!wholly_ok(steps[i])) write_step(writer, steps[i], period.from + period.step * i);
        writer.end_array().end_object();
    });
}

Answered run(Call call) {
    if (!call.control.past) return not_offered(call);
    const System now = real_clock().system();
    const auto period = read_period(call.query, now);
    if (!period) return problem_answer(400, period.error(), call.path);
    const auto back = std::chrono::duration_cast<std::chrono::milliseconds>(now - period->from);
    auto answer = [name = call.names[0], period = *period, path = call.path,
                   reply = std::move(call.reply)](std::optional<Past> past) {
        if (!past) return reply(history_is_away(path));
        if (past->spans.empty()) return reply(unknown_component(path));
        reply(history(name, period, *past));
    };
    call.control.past(call.names[0], back, std::move(answer));
    return {};
}

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
     true}};
constexpr NamedSchema answer{"History", [] { return object_schema(members, Members::open); }};

}  // namespace

extern constinit const Operation get_history =
    make_operation("GET", "/v1/history/{name}", "getHistory",
                   "What a component was, in steps of time: for bars and reports.",
                   {.parameters = component_parameter,
                    .query = period_parameters,
                    .right = Right::read,
                    .run = run,
                    .answer = &answer,
                    .answers = past_answers});

}  // namespace vitals::endpoints
