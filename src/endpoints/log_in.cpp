#include "endpoints/log_in.hpp"

#include <fmt/format.h>

#include "endpoints/operations/sessions.hpp"
#include "endpoints/problem.hpp"
#include "endpoints/shown_objects.hpp"
#include "http/form.hpp"
#include "text/amount.hpp"

namespace vitals::endpoints {
namespace {

bool uses_tls(const Shared& shared, const Peer& peer) {
    return shared.listeners[peer.listener].tls.has_value();
}

std::string cookie_name_of(const Shared& shared, const Peer& peer) {
    return cookie_name(uses_tls(shared, peer), shared.listeners[peer.listener].port);
}

LoggedIn refused(Shared& shared, const Routes& routes, const Peer& peer, Steady now) {
    LoggedIn result;
    std::uint64_t count = 0;
    if (shared.refused_tokens[peer.listener].note(now, std::chrono::seconds(1), count))
        shared.log(
            LogLevel::warning,
            fmt::format("listener {}: {} with a token that is not known, refused",
                        shared.listeners[peer.listener].text, text::counted(count, "log-in")));
    result.wait = shared.failed_logins[peer.listener].note(now);
    result.status = result.wait.count() > 0 ? 429 : 403;
    result.problem = routes.tokens.empty() ? std::string(no_tokens) : "This token is not known.";
    if (result.wait.count() > 0)
        result.problem +=
            fmt::format(" There were too many attempts; wait {} s.", result.wait.count());
    return result;
}

}  // namespace

const std::string_view no_tokens =
    "No token is configured. Add one to the configuration: tokens: {operator: {secret: {file: "
    "/etc/vitals/operator.token}, allow: [read, control]}}";

LoggedIn log_in(Shared& shared, const Routes& routes, const Peer& peer, std::string_view shown,
                Steady now) {
    const Identity identity = identify(routes, shown, now);
    if (identity.token < 0) return refused(shared, routes, peer, now);
    LoggedIn result;
    result.identity = identity;
    if (!identity.may.read && !identity.may.control) {
        result.status = 403;
        result.problem = "This token has neither the right to read nor the right to control.";
        return result;
    }
    const auto cookie = shared.sessions.begin(identity, shown, now);
    if (!cookie) {
        result.status = 503;
        result.problem = "The system gives no random bytes now; try again.";
        return result;
    }
    result.set_cookie = cookie_field(cookie_name_of(shared, peer), *cookie, uses_tls(shared, peer),
                                     shared.sessions.life());
    return result;
}

std::string_view session_cookie(const Shared& shared, const Peer& peer, const http::Head& head) {
    return http::cookie_of(head, cookie_name_of(shared, peer)).value_or(std::string_view());
}

http::Response log_out(Shared& shared, const Peer& peer, std::string_view cookie,
                       http::Response answer) {
    if (!cookie.empty()) shared.sessions.end(cookie);
    answer.headers.emplace_back(
        "Set-Cookie", cookie_field(cookie_name_of(shared, peer), {}, uses_tls(shared, peer), {}));
    return answer;
}

http::Response log_in_by_json(Shared& shared, const Routes& routes, const Peer& peer,
                              const std::string& body, std::string_view path, Steady now) {
    auto token = read_session_body(body);
    if (!token) return problem_answer(token.error().status, token.error().detail, path);
    const LoggedIn result = log_in(shared, routes, peer, *token, now);
    wipe(*token);
    if (result.set_cookie.empty()) {
        http::Response response = problem_answer(result.status, result.problem, path);
        if (result.wait.count() > 0)
            response.headers.emplace_back("Retry-After", std::to_string(result.wait.count()));
        return response;
    }
    http::Response response = json_answer([&](JsonWriter& writer) {
        writer.object().member("name",
                               routes.tokens[static_cast<std::size_t>(result.identity.token)].name);
        writer.key("allow").array();
        if (result.identity.may.read) writer.value("read");
        if (result.identity.may.control) writer.value("control");
        writer.end_array();
        writer.member("seconds", shared.sessions.life().count()).end_object();
    });
    response.status = 201;
    response.headers.emplace_back("Set-Cookie", result.set_cookie);
    return response;
}

}  // namespace vitals::endpoints
