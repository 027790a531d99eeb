// GET /v1/objectives
#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"
#include "model/objective.hpp"

namespace vitals::endpoints {
namespace {

void write_part(JsonWriter& writer, std::string_view name, const std::optional<double>& part) {
    writer.key(name);
    if (part)
        writer.value(*part);
    else
        writer.null();
}

void write_objective(JsonWriter& writer, const ObjectiveReport& report) {
    const Objective& objective = report.objective;
    writer.object().member("name", objective.name).member("target", objective.target);
    writer.member("window", objective.window).member("components", report.components);
    const auto& account = report.account;
    write_part(writer, "uptime", account ? account->uptime() : std::nullopt);
    writer.member("shown", percent_text(account ? account->uptime() : std::nullopt));
    write_part(writer, "coverage", account ? account->coverage() : std::nullopt);
    if (const auto budget = report.budget()) {
        writer.member("budget_s", budget->whole).member("spent_s", budget->spent);
        writer.member("unaccounted_s", budget->unaccounted);
        const bool any = budget->whole.count() > 0;
        write_part(writer, "left", any ? std::optional(budget->left()) : std::nullopt);
        write_part(writer, "left_at_worst",
                   any ? std::optional(budget->left_at_worst()) : std::nullopt);
    }
    writer.key("burn").object();
    for (std::size_t i = 0; i < burn_windows; ++i) {
        const auto window = static_cast<BurnWindow>(i);
        write_part(writer, to_string(window),
                   report.burnt[i] ? std::optional(report.burn(window)) : std::nullopt);
    }
    writer.end_object();
    const Outcome outcome = report.outcome();
    writer.member("status", to_string(outcome.status)).member("detail", outcome.detail);
    writer.end_object();
}

Answered run(Call call) {
    if (!call.control.objectives) return not_offered(call);
    return json_answer([&](JsonWriter& writer) {
        writer.object().key("objectives").array();
        for (const ObjectiveReport& each : call.control.objectives()) write_objective(writer, each);
        writer.end_array().end_object();
    });
}

constexpr MemberSchema members[] = {
    {"objectives",
     as_json(
         R"({"type":"array","description":"By name.","items":{"type":"object","properties":{)"
         R"("name":{"type":"string"},"target":{"type":"number","description":"From 0 to 1."},)"
         R"("window":{"type":"number","description":"In seconds, up to now."},)"
         R"("components":{"type":"integer","description":"How many count."},)"
         R"("uptime":{"type":["number","null"],"description":"null: nobody has looked."},)"
         R"("shown":{"type":"string"},"coverage":{"type":["number","null"]},)"
         R"("budget_s":{"type":"number","description":"How many seconds of the time that is due )"
         R"(they may be down. It and what follows are missing until the history is read."},)"
         R"("spent_s":{"type":"number"},"unaccounted_s":{"type":"number"},)"
         R"("left":{"type":["number","null"],"description":"The part of the budget that is left; )"
         R"(below 0 when it is overspent."},)"
         R"("left_at_worst":{"type":["number","null"],"description":"The same if they were down )"
         R"(whenever nobody knows."},)"
         R"("burn":{"type":"object","description":"How many times too fast the budget burnt in )"
         R"(the last 5m, 30m, 1h, 6h, 3d; null: not known yet.",)"
         R"("additionalProperties":{"type":["number","null"]}},)"
         R"("status":{"type":"string","enum":["ok","degraded","failed","unknown"]},)"
         R"("detail":{"type":"string"}},)"
         R"("required":["name","target","window","components","uptime","shown","coverage",)"
         R"("burn","status","detail"]}})"),
     true}};
constexpr NamedSchema answer{"Objectives", [] { return object_schema(members, Members::open); }};

}  // namespace

extern constinit const Operation list_objectives =
    make_operation("GET", "/v1/objectives", "listObjectives",
                   "How well services are doing, and what is left of their budgets.",
                   {.right = Right::read, .run = run, .answer = &answer});

}  // namespace vitals::endpoints
