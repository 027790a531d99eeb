#include "etcd.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "backends/json_api/json_api.hpp"
#include "checks/access_fields.hpp"
#include "checks/user_and_password.hpp"
#include "text/amount.hpp"
#include "text/base64.hpp"
#include "text/prose.hpp"

namespace vitals::checks::etcd {

namespace {

namespace api = backends::json_api;
namespace json = boost::json;

constexpr std::uint16_t usual_port = 2379;
constexpr double most_behind = 1000;  // entries of the log not applied yet

Verified verify_url(const text::Url& url) {
    return api::verify_base(url, {"etcd", "etcds", "http", "https"});
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "A member: etcd://host:2379, or etcds:// with TLS; https:// and http:// mean the same.",
        "etcd://127.0.0.1:2379"),
    field<&Options::user>("user",
                          "The user to log in as; it may stand in the URL instead. Without a user, "
                          "the check does not log in."),
    password_field<Options>(),
    field<&Options::key>("key", "A key that must exist; the user reads it through the quorum.",
                         {.example = "/shop/config"}),
    field<&Options::space_above>(
        "space_above",
        "Degraded when more of `quota` is used. When all of it is used, etcd takes no writes.",
        {.least = 0, .most = 100}),
    field<&Options::quota>("quota", "The member's --quota-backend-bytes.", {.least = 1}),
    tls_field<Options>(),
};

api::Access access_of(const Options& options) {
    api::Access access = api::access_of(options, api::base_of(options.url, "etcd", usual_port));
    // etcd has its own log-in, with a token.
    access.user.clear();
    access.password.clear();
    access.most_bytes = 64 * 1024;
    return access;
}

// The code of gRPC that the gateway repeats.
constexpr int invalid_argument = 3;
constexpr int permission_denied = 7;
constexpr int resource_exhausted = 8;
constexpr int failed_precondition = 9;
constexpr int unauthenticated = 16;

std::int64_t code_of(const api::Answer& answer) {
    return api::whole_at(answer.document, "/code").value_or(0);
}

bool is_about_log_in(const api::Answer& answer) {
    const std::string error = api::text_at(answer.document, "/error");
    const std::int64_t code = code_of(answer);
    return answer.status == 401 || answer.status == 403 || code == permission_denied ||
           code == unauthenticated ||
           (code == invalid_argument && error.contains("user name is empty"));
}

CheckError refusal(const api::Answer& answer) {
    if (answer.status == 404)
        return {ErrorClass::protocol, "no interface /v3: not etcd, or one before 3.4",
                "got " + answer.said};
    const std::string error = api::text_at(answer.document, "/error");
    const auto made = [&](ErrorClass error_class, const char* detail) {
        return CheckError(error_class, detail, "got " + answer.said);
    };
    if (code_of(answer) == resource_exhausted)
        return made(ErrorClass::assertion, "database space exceeded");
    if (error.contains("authentication failed") || error.contains("invalid user"))
        return made(ErrorClass::auth, "wrong user or password");
    if (is_about_log_in(answer)) return made(ErrorClass::auth, "not allowed");
    if (error.contains("no leader")) return made(ErrorClass::assertion, "no leader");
    return api::refusal(answer, "etcd's");
}

// What the member reports of itself.
struct Member {
    bool seen = false;  // this user may see it
    bool no_leader = false;
    bool no_space = false;
    bool corrupt = false;
    bool learner = false;
    double size = 0;
    double behind = 0;
};

net::awaitable<Member> ask_status(net::Context& context, const api::Access& access) {
    api::Question question{.step = "status", .path = "/v3/maintenance/status", .body = "{}"};
    const api::Answer answer = co_await api::ask(context, access, std::move(question));
    Member status;
    if (is_about_log_in(answer)) co_return status;
    if (answer.status != 200 || api::text_at(answer.document, "/version").empty())
        throw refusal(answer);
    status.seen = true;
    status.learner = api::flag_at(answer.document, "/isLearner").value_or(false);
    status.size = api::number_at(answer.document, "/dbSize").value_or(0);
    status.behind = api::number_at(answer.document, "/raftIndex").value_or(0) -
                    api::number_at(answer.document, "/raftAppliedIndex").value_or(0);
    // A member without a leader leaves out the number.
    status.no_leader = api::number_at(answer.document, "/leader").value_or(0) == 0;
    const json::value* const errors = api::find(answer.document, "/errors");
    if (errors != nullptr && errors->is_array()) {
        const std::string text = json::serialize(*errors);
        status.no_space = text.contains("NOSPACE");
        status.corrupt = text.contains("CORRUPT");
    }
    co_return status;
}

// Why a member reports itself as unhealthy.
std::string trouble_of(const Member& status) {
    if (status.no_leader) return "unhealthy: no leader";
    if (status.corrupt) return "unhealthy: its data are corrupt";
    if (status.no_space) return "takes no writes: database space exceeded";
    return "unhealthy";
}

net::awaitable<void> ask_health(net::Context& context, const api::Access& access) {
    api::Question question{.step = "health", .path = "/health"};
    const api::Answer answer = co_await api::ask(context, access, std::move(question));
    const std::string text = api::text_at(answer.document, "/health");
    const bool healthy = text == "true" || api::flag_at(answer.document, "/health") == true;
    if (answer.status == 200 && healthy) co_return;
    const bool unhealthy = text == "false" || api::flag_at(answer.document, "/health") == false;
    if (!unhealthy) throw api::refusal(answer, "etcd's");
    std::string detail = "unhealthy";
    try {
        const Member status = co_await ask_status(context, access);
        detail = trouble_of(status);
    } catch (const CheckError& error) {
        if (error.error_class == ErrorClass::timeout) throw;
    }
    throw CheckError(ErrorClass::assertion, detail, "got " + answer.said, "health");
}

// The token; empty if the server has no log-in.
net::awaitable<std::string> log_in(net::Context& context, const api::Access& access,
                                   std::string user, std::string password) {
    const json::object body{{"name", json::string(user)}, {"password", json::string(password)}};
    api::Question question{
        .step = "auth", .path = "/v3/auth/authenticate", .body = json::serialize(body)};
    const api::Answer answer = co_await api::ask(context, access, std::move(question));
    std::string token = api::text_at(answer.document, "/token");
    if (answer.status == 200 && !token.empty()) co_return token;
    if (code_of(answer) == failed_precondition &&
        api::text_at(answer.document, "/error").contains("not enabled"))
        co_return std::string();
    throw refusal(answer);
}

// Through the quorum: a member that is cut off would also answer a serializable read.
net::awaitable<void> read_key(net::Context& context, const api::Access& access, std::string key) {
    const json::object body{{"key", json::string(text::base64(key))}, {"limit", 1}};
    api::Question question{.step = "read", .path = "/v3/kv/range", .body = json::serialize(body)};
    const api::Answer answer = co_await api::ask(context, access, std::move(question));
    if (answer.status != 200 || api::find(answer.document, "/header") == nullptr)
        throw refusal(answer);
    if (api::number_at(answer.document, "/count").value_or(0) < 1)
        throw CheckError(ErrorClass::assertion, "key does not exist");
}

Outcome judge(const Options& options, const Member& status, bool no_log_in) {
    Outcome outcome = ok("healthy");
    if (!status.seen) outcome.detail = "healthy; its space may not be seen";
    const double share = 100 * status.size / static_cast<double>(options.quota.bytes);
    if (status.no_leader && status.seen) return failed("no leader");
    if (status.corrupt) return failed("its data are corrupt");
    if (status.no_space) return failed("takes no writes: database space exceeded");
    if (status.learner)
        outcome = degraded("a learner, which has no vote");
    else if (status.behind > most_behind)
        outcome = degraded(fmt::format("{:.0f} entries of its log are not applied", status.behind));
    else if (share > options.space_above.value)
        outcome = degraded(text::about_percent(share) + " of its space is used");
    else if (no_log_in)
        outcome = degraded("accepts anybody: authentication is not enabled");
    if (status.seen)
        outcome.with("database_bytes", static_cast<std::int64_t>(status.size))
            .with("space_percent", share);
    return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    api::Access access = access_of(options);
    co_await ask_health(context, access);
    const api::Access given = api::access_of(options, access.base);
    bool no_log_in = false;
    if (!given.user.empty()) {
        std::string token = co_await log_in(context, access, given.user, given.password);
        no_log_in = token.empty();
        if (!no_log_in) access.headers.emplace_back("Authorization", std::move(token));
    }
    const Member status = co_await ask_status(context, access);
    if (!options.key.empty()) co_await read_key(context, access, options.key);
    context.enter("judge");
    Outcome outcome = judge(options, status, no_log_in);
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    The member that is asked reports itself as healthy (/health). For that it reads
    through the quorum, so most members are up and have a leader. There is no alarm for
    space, which stops all writes, or for corrupt data. Its database is not nearly full,
    by `quota`. With a user, the log-in works; with `key`, that key exists and is read
    through the quorum. /health needs no user, so without one the check proves nothing
    about log-ins. The check writes nothing, and proves nothing about the other members:
    check each of them. From etcd 3.5 on, if authentication is enabled, only root may see
    the space. The check speaks JSON, which etcd has under /v3 from 3.4 on.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify_user_and_password<Options>>(
    "etcd", "A member is healthy, has a quorum and space, and accepts a log-in.",
    {.proves = proves,
     .schemes = {"etcd", "etcds"},
     .urls = {"etcd://127.0.0.1:2379", "etcds://user:password@host:2379"},
     .category = Category::datastore});

}  // namespace vitals::checks::etcd
