#include "prometheus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "backends/json_api/json_api.hpp"
#include "checks/access_fields.hpp"
#include "model/severity.hpp"
#include "text/amount.hpp"
#include "text/json.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"

namespace vitals::checks::prometheus {

namespace {

namespace api = backends::json_api;
namespace json = boost::json;

constexpr std::uint16_t usual_port = 9090;
constexpr std::size_t most_series = 1000;

// The query may stand in the URL.
text::Url without_query(const text::Url& url) {
    text::Url bare = url;
    bare.query.clear();
    return bare;
}

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"prometheus", "prometheuss", "http", "https"});
        !problem.empty())
        return std::unexpected(problem);
    for (const auto& [name, value] : url.query)
        if (name != "query") return std::unexpected("takes the parameter query and no other");
    return {};
}

std::string query_of(const Options& options) {
    const std::string* const in_url = options.url.parameter("query");
    return options.query.empty() && in_url != nullptr ? *in_url : options.query;
}

bool has_bounds(const Options& options) {
    return options.degraded_above || options.failed_above || options.degraded_below ||
           options.failed_below;
}

Verified verify(const Options& options) {
    if (query_of(options).empty()) return std::unexpected("query is missing: what to ask for");
    const bool has_user = !options.user.empty() || !options.url.user.empty();
    if (has_user && options.token.configured())
        return std::unexpected("user and token exclude each other");
    if (options.degraded_above && options.failed_above &&
        *options.degraded_above > *options.failed_above)
        return std::unexpected("degraded_above is above failed_above: it would never be degraded");
    if (options.degraded_below && options.failed_below &&
        *options.degraded_below < *options.failed_below)
        return std::unexpected("degraded_below is below failed_below: it would never be degraded");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The server: prometheus://host:9090, or prometheuss:// with TLS, with the path before /api "
        "if there is one; https:// and http:// mean the same.",
        "prometheus://127.0.0.1:9090"),
    field<&Options::user>(
        "user",
        "The user; it may stand in the URL instead. Without a user, the check does not log in."),
    password_field<Options>(),
    field<&Options::token>("token", "Instead of user and password: a bearer token."),
    field<&Options::query>(
        "query",
        "The query, in PromQL: an instant vector or a scalar. Put bounds into the options below: a "
        "comparison in the query leaves no series when it does not hold.",
        {.example = "sum(rate(http_requests_failed_total[5m]))"}),
    field<&Options::degraded_above>("degraded_above", "Degraded when the value is above."),
    field<&Options::failed_above>("failed_above", "Failed when the value is above."),
    field<&Options::degraded_below>("degraded_below", "Degraded when the value is below."),
    field<&Options::failed_below>("failed_below", "Failed when the value is below."),
    field<&Options::series>("series",
                            "How many of several series must be within the bounds: all, or any "
                            "one; `one`: several series are a failure.",
                            {.choices = "all|any|one"}),
    field<&Options::empty>("empty",
                           "What an answer without any series counts as; a misspelt name or a "
                           "target that is gone gives one.",
                           {.choices = "failed|ok"}),
    field<&Options::max_age>("max_age",
                             "Failed when the last sample of a series is older. The query must be "
                             "a plain selector then, such as "
                             "`up{job=\"shop\"}`.",
                             {.example = "2m"}),
    tls_field<Options>(),
};

api::Access access_of(const Options& options) {
    api::Access access =
        api::access_of(options, api::base_of(without_query(options.url), "prometheus", usual_port));
    if (options.token.configured())
        access.headers.emplace_back("Authorization", "Bearer " + options.token.reveal());
    return access;
}

CheckError refusal(const api::Answer& answer) {
    const std::string type = api::text_at(answer.document, "/errorType");
    const auto made = [&](ErrorClass error_class, const char* detail) {
        return CheckError(error_class, detail, "got " + answer.said);
    };
    if (type == "bad_data") return made(ErrorClass::local, "the query is wrong");
    if (type == "timeout" || type == "canceled")
        return made(ErrorClass::assertion, "the query takes too long");
    if (type == "execution") return made(ErrorClass::assertion, "the query cannot be executed");
    if (!type.empty()) return made(ErrorClass::assertion, "the query failed");
    return api::refusal(answer, "Prometheus'");
}

// Values are texts: "0.5", "NaN", "+Inf".
std::optional<double> number_of(const json::value* value) {
    if (value == nullptr || !value->is_string()) return std::nullopt;
    std::string_view text(value->get_string().data(), value->get_string().size());
    if (text.starts_with('+')) text.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

struct Found {
    std::vector<double> values;
    bool warned = false;  // part of it may be missing
};

Found found_in(const api::Answer& answer) {
    const std::string type = api::text_at(answer.document, "/data/resultType");
    const json::value* const result = api::find(answer.document, "/data/result");
    const bool good = answer.status == 200 &&
                      api::text_at(answer.document, "/status") == "success" && result != nullptr;
    if (!good) throw refusal(answer);
    if (type == "matrix" || type == "string")
        throw CheckError(ErrorClass::local, "the query gives no numbers at one time: a " + type);
    Found found;
    const auto take = [&](const json::value* value) {
        const auto number = number_of(value);
        if (!number) throw refusal(answer);
        found.values.push_back(*number);
    };
    const json::value* const warnings = api::find(answer.document, "/warnings");
    found.warned = warnings != nullptr && warnings->is_array() && !warnings->get_array().empty();
    if (type == "scalar") {
        take(api::find(answer.document, "/data/result/1"));
        return found;
    }
    if (type != "vector" || !result->is_array()) throw refusal(answer);
    if (result->get_array().size() > most_series)
        throw CheckError(ErrorClass::local,
                         fmt::format("the query gives more than {} series", most_series));
    for (const json::value& each : result->get_array()) take(api::find(each, "/value/1"));
    return found;
}

net::awaitable<Found> query(net::Context& context, const api::Access& access, std::string step,
                            std::string text) {
    // The server gives up first, and says so.
    const auto time = std::max<std::int64_t>(context.left().count() * 8 / 10, 50);
    api::Question question{
        .step = std::move(step),
        .path = "/api/v1/query",
        .body = fmt::format("query={}&timeout={}ms", text::percent_encoded(text), time),
        .content_type = "application/x-www-form-urlencoded"};
    const api::Answer answer = co_await api::ask(context, access, std::move(question));
    co_return found_in(answer);
}

std::string shown(double value) {
    if (std::isfinite(value)) return text::plain_number(value);
    return std::isnan(value) ? "NaN" : value > 0 ? "infinite" : "minus infinite";
}

// No comparison holds for NaN: without this it would be within all bounds.
Outcome of_value(const Options& options, double value) {
    if (std::isnan(value)) return failed("the value is no number (NaN)");
    const std::string text = shown(value);
    const auto beyond = [&](const std::optional<double>& bound, bool above) {
        return bound && (above ? value > *bound : value < *bound);
    };
    if (beyond(options.failed_above, true))
        return failed(text + ", above " + shown(*options.failed_above));
    if (beyond(options.failed_below, false))
        return failed(text + ", below " + shown(*options.failed_below));
    if (beyond(options.degraded_above, true))
        return degraded(text + ", above " + shown(*options.degraded_above));
    if (beyond(options.degraded_below, false))
        return degraded(text + ", below " + shown(*options.degraded_below));
    return ok(text);
}

// The worst of all values, or with `any` the best.
Outcome of_values(const Options& options, const std::vector<double>& values) {
    const bool any = options.series == "any";
    Outcome chosen;
    std::size_t outside = 0;
    bool first = true;
    for (const double value : values) {
        Outcome outcome = of_value(options, value);
        outside += outcome.status == Status::ok ? 0 : 1;
        const bool worse = severity(outcome.status) > severity(chosen.status);
        const bool better = severity(outcome.status) < severity(chosen.status);
        if (std::exchange(first, false) || (any ? better : worse)) {
            chosen = std::move(outcome);
            if (std::isfinite(value)) chosen.with("value", value);
        }
    }
    if (values.size() > 1)
        chosen.detail = fmt::format(
            "{}: {}",
            outside == 0 ? fmt::format("{} series", values.size())
                         : fmt::format("{} of {} series are outside", outside, values.size()),
            chosen.detail);
    return std::move(chosen).with("series", static_cast<std::int64_t>(values.size()));
}

Outcome judge(const Options& options, const Found& found) {
    if (found.values.empty()) {
        Outcome outcome = options.empty == "ok" ? ok("no series") : failed("no series");
        return std::move(outcome).with("series", std::int64_t{0});
    }
    if (options.series == "one" && found.values.size() > 1)
        return failed(fmt::format("{} series, expected one", found.values.size()));
    Outcome outcome = of_values(options, found.values);
    if (found.warned && outcome.status == Status::ok) {
        outcome.status = Status::degraded;
        outcome.detail += ", and the answer may be partial";
    }
    return outcome;
}

// The age of the sample, of several the oldest. The time beside a value is that of the query.
net::awaitable<void> ask_age(const Options& options, net::Context& context,
                             const api::Access& access) {
    const std::string text = fmt::format(
        "time() - {}(timestamp({}))", options.series == "any" ? "max" : "min", query_of(options));
    const Found found = co_await query(context, access, "age", text);
    if (found.values.empty() || std::isnan(found.values.front()))
        throw CheckError(ErrorClass::assertion, "has no sample");
    const double most = std::chrono::duration<double>(*options.max_age).count();
    if (found.values.front() <= most) co_return;
    const std::chrono::milliseconds age(
        static_cast<std::int64_t>(std::min(found.values.front(), 1e9) * 1000));
    throw CheckError(ErrorClass::assertion, "the sample is " + text::about_duration(age) + " old");
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const api::Access access = access_of(options);
    const std::string text = query_of(options);
    const Found found = co_await query(context, access, "query", text);
    if (options.max_age && !found.values.empty()) co_await ask_age(options, context, access);
    context.enter("judge");
    Outcome outcome = judge(options, found);
    if (!has_bounds(options) && outcome.status == Status::ok)
        outcome.detail += " (no bounds are set)";
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    The server answers the query in time, and the value is within the bounds. No series at
    all is a failure, because a misspelt name and a target that is gone look like that; a
    value that is no number is one, too. Of several series the worst counts. Prometheus
    answers with the last sample for five minutes after a target has fallen silent:
    `max_age` finds that. If a query ends in `or vector(0)`, no series is ever missing,
    and the check cannot see that a target is gone. A comparison in the query leaves no
    series when it does not hold, which is the wrong way round; use the options for
    bounds. The check does not prove what a value means for users.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "prometheus", "The value of a PromQL query is within its bounds.",
    {.proves = proves,
     .schemes = {"prometheus", "prometheuss"},
     .urls = {"prometheus://127.0.0.1:9090/?query=up"}});

}  // namespace vitals::checks::prometheus
