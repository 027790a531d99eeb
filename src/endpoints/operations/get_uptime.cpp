// GET /v1/uptime/{name}
#include <fmt/format.h>

#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"

namespace vitals::endpoints {
namespace {

using std::chrono::hours;

struct Window {
    std::string_view name;
    hours length;
};
constexpr Window windows[] = {
    {"24h", hours(24)}, {"7d", hours(24 * 7)}, {"30d", hours(24 * 30)}, {"90d", hours(24 * 90)}};

void write_window(JsonWriter& writer, std::string_view name, const Account& account) {
    writer.object().member("window", name).member("shown", percent_text(account.uptime()));
    writer.key("uptime");
    if (const auto uptime = account.uptime())
        writer.value(*uptime);
    else
        writer.null();
    writer.key("coverage");
    if (const auto coverage = account.coverage())
        writer.value(*coverage);
    else
        writer.null();
    writer.member("down_seconds", account.down());
    writer.member("unaccounted_seconds", account.unaccounted());
    writer.member("unwatched_seconds", account.of(Spent::unwatched));
    writer.end_object();
}

http::Response uptime(const std::string& name, const Past& past) {
    return json_answer([&](JsonWriter& writer) {
        writer.object().member("component", name).key("windows").array();
        for (const Window& window : windows)
            write_window(writer, window.name,
                         account(past.watched(), past.now - window.length, past.now));
        writer.end_array().end_object();
    });
}

http::Response uptime_table(const Past& past) {
    const auto number = [](const std::optional<double>& part) {
        return part ? text::plain_number(*part) : std::string();
    };
    const auto seconds = [](std::chrono::milliseconds time) {
        return text::plain_number(static_cast<double>(time.count()) / 1e3);
    };
    std::string table =
        "window,shown,uptime,coverage,down_seconds,unaccounted_seconds,unwatched_seconds\r\n";
    for (const Window& window : windows) {
        const Account account = vitals::account(past.watched(), past.now - window.length, past.now);
        table += fmt::format("{},{},{},{},{},{},{}\r\n", window.name,
                             percent_text(account.uptime()), number(account.uptime()),
                             number(account.coverage()), seconds(account.down()),
                             seconds(account.unaccounted()), seconds(account.of(Spent::unwatched)));
    }
    return csv_answer(std::move(table));
}

Answered run(Call call) {
    if (!call.control.past) return not_offered(call);
    const auto csv = wants_csv(call.query);
    if (!csv) return unknown_format(call.path);
    auto answer = [name = call.names[0], csv = *csv, path = call.path,
                   reply = std::move(call.reply)](std::optional<Past> past) {
        if (!past) return reply(history_is_away(path));
        if (past->spans.empty()) return reply(unknown_component(path));
        reply(csv ? uptime_table(*past) : uptime(name, *past));
    };
    call.control.past(call.names[0], windows[std::size(windows) - 1].length, std::move(answer));
    return {};
}

constexpr QueryParameter query[] = {format_parameter};

constexpr MemberSchema members[] = {
    {"component", a_text("Its name."), true},
    {"windows",
     as_json(
         R"({"type":"array","items":{"type":"object","properties":{)"
         R"("window":{"type":"string","enum":["24h","7d","30d","90d"]},)"
         R"("shown":{"type":"string","description":"Rounded down: `99.67 %`; or `not known`."},)"
         R"("uptime":{"type":["number","null"],"description":"From 0 to 1, of the time in which )"
         R"(somebody looked; null if nobody did."},)"
         R"("coverage":{"type":["number","null"],"description":"From 0 to 1: how much of the time )"
         R"(that was due somebody looked at."},)"
         R"("down_seconds":{"type":"number"},)"
         R"("unaccounted_seconds":{"type":"number","description":"Unknown, or nobody looked."},)"
         R"("unwatched_seconds":{"type":"number","description":"It was not watched yet."}},)"
         R"("required":["window","shown","uptime","coverage","down_seconds",)"
         R"("unaccounted_seconds","unwatched_seconds"]}})"),
     true}};
constexpr NamedSchema answer{"Uptime", [] { return object_schema(members, Members::open); }};

}  // namespace

extern constinit const Operation get_uptime =
    make_operation("GET", "/v1/uptime/{name}", "getUptime",
                   "How much of the last 24 hours, 7, 30 and 90 days a component was up.",
                   {.parameters = component_parameter,
                    .query = query,
                    .right = Right::read,
                    .run = run,
                    .answer = &answer,
                    .answers = past_answers});

}  // namespace vitals::endpoints
