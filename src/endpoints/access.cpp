#include "endpoints/access.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "endpoints/problem.hpp"
#include "http/answer.hpp"
#include "text/amount.hpp"

namespace vitals::endpoints {
namespace {

using dialects::Sender;
using http::Response;

// A browser that is asked for Basic authentication shows its own window. So this is asked only when
// the browser opens a page, not when a script of the page asks.
bool may_ask_for_password(const http::Head& head) {
    const std::string_view* const mode = head.field("sec-fetch-mode");
    return mode == nullptr || *mode == "navigate";
}

Response ask_for_token(Response response, const http::Head& head, bool invalid) {
    response.headers.emplace_back("WWW-Authenticate",
                                  invalid ? "Bearer error=\"invalid_token\"" : "Bearer");
    if (may_ask_for_password(head))
        response.headers.emplace_back("WWW-Authenticate",
                                      "Basic realm=\"vitals\", charset=\"UTF-8\"");
    return response;
}

// The fields that a proxy or a browser adds. A proxy that adds no field cannot be recognised.
bool passed_on(const http::Head& head) {
    constexpr std::string_view signs[] = {
        "forwarded",        "x-forwarded-", "x-real-ip", "via",     "x-client-ip",
        "x-cluster-client", "x-original-",  "x-envoy-",  "cf-",     "true-client-ip",
        "proxy-",           "origin",       "sec-",      "referer", "cookie",
    };
    for (const auto& [name, value] : head.fields)
        for (std::string_view sign : signs)
            if (http::equal_ignoring_case(name.substr(0, sign.size()), sign)) return true;
    return false;
}

// The name or address of a Host field, without its port.
std::string_view name_of(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    host = host.substr(0, host.find(':'));
    if (host.ends_with('.')) host.remove_suffix(1);
    return host;
}

bool is_number(std::string_view name) {
    return name.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_localhost(std::string_view name) {
    constexpr std::string_view localhost = "localhost";
    if (name.size() < localhost.size()) return false;
    std::size_t before = name.size() - localhost.size();
    return http::equal_ignoring_case(name.substr(before), localhost) &&
           (before == 0 || name[before - 1] == '.');
}

// An address, `localhost` or a name below it, or no name: no other site can make such a name mean
// this machine.
bool is_local_name(std::string_view host) {
    std::string_view name = name_of(host);
    return name.starts_with('[') || is_number(name) || is_localhost(name);
}

// A name that means this machine on this machine. A proxy is called by another name.
bool is_loopback_name(std::string_view host) {
    std::string_view name = name_of(host);
    return name == "[::1]" || (name.starts_with("127.") && is_number(name)) || is_localhost(name);
}

}  // namespace

std::optional<Response> Access::refuse(const Routes& routes, const MountedEndpoint& endpoint,
                                       std::string_view method, const http::Head& head,
                                       const Identity& identity, const Peer& peer,
                                       Steady now) const {
    if (endpoint.tokens.empty()) {
        if (identity.shown && identity.token < 0) note_unknown_token(peer, Unknown::ignored, now);
        return {};
    }
    if (!identity.shown)
        return ask_for_token(http::plain_answer(401, "a token is needed here"), head, false);
    if (identity.token < 0) {
        note_unknown_token(peer, Unknown::refused, now);
        return ask_for_token(http::plain_answer(401, "this token is not known"), head, true);
    }
    const std::string& name = routes.tokens[static_cast<std::size_t>(identity.token)].name;
    bool named =
        std::find(endpoint.tokens.begin(), endpoint.tokens.end(), name) != endpoint.tokens.end();
    bool reading = method == "GET" || method == "HEAD" || method == "OPTIONS";
    if (!named) return http::plain_answer(403, "this token is not for this endpoint");
    if (!(identity.may.read || (!reading && identity.may.control)))
        return http::plain_answer(403, "this token may not read");
    return {};
}

// Without a token only a control listener serves, and not a page of another site in a browser.
std::optional<Response> Access::refuse(const Operation& operation, std::string_view path,
                                       const http::Head& head, const Identity& identity,
                                       const Peer& peer, Steady now) const {
    const bool control = shared_.listeners[peer.listener].control;
    const bool open = control && own_site(head, peer);
    const bool allowed_by_token = operation.right == Right::none ||
                                  (operation.right == Right::read && identity.may.read) ||
                                  (operation.right == Right::push && identity.may.push) ||
                                  (operation.right == Right::control && identity.may.control);
    if (identity.shown && identity.token < 0)
        note_unknown_token(peer, open ? Unknown::ignored : Unknown::refused, now);
    if (!open && identity.basic && operation.method != "GET" && !same_site(head))
        return problem_answer(403, "this comes from a web page elsewhere", path);
    if (open || allowed_by_token) return {};
    if (!identity.shown) {
        const std::string_view why =
            control ? "this may come from a web page elsewhere: call this machine by its address "
                      "or localhost, or show a token"
                    : "a token is needed here (Authorization: Bearer TOKEN)";
        return ask_for_token(problem_answer(401, why, path), head, false);
    }
    if (identity.token < 0)
        return ask_for_token(problem_answer(401, "this token is not known", path), head, true);
    return problem_answer(403, "this token does not have the right that this needs", path);
}

Sender Access::sender_of(const http::Head& head, const Peer& peer, const Identity& identity) const {
    const bool may_control = identity.may.control && (!identity.basic || same_site(head));
    if (may_control || (shared_.listeners[peer.listener].control && own_site(head, peer)))
        return Sender::operator_;
    const std::string_view* host = head.field("host");
    const bool here = peer.loopback && host != nullptr && is_loopback_name(*host);
    return here && !passed_on(head) ? Sender::loopback : Sender::anyone;
}

// No browser speaks to a unix socket. On other listeners a browser says which page sent the
// request, but a page may also let its own name point to this machine. So a request from this
// machine must use a local name.
bool Access::own_site(const http::Head& head, const Peer& peer) const noexcept {
    const Listener& listener = shared_.listeners[peer.listener];
    if (!listener.unix_path.empty()) return true;
    const std::string_view* host = head.field("host");
    if (peer.loopback && host != nullptr && !is_local_name(*host) &&
        !http::equal_ignoring_case(host->substr(0, host->find(':')), listener.host))
        return false;
    return same_site(head);
}

bool Access::open_to(const http::Head& head, const Peer& peer) const noexcept {
    return shared_.listeners[peer.listener].control && own_site(head, peer);
}

bool Access::same_site(const http::Head& head) noexcept {
    const std::string_view* host = head.field("host");
    if (const std::string_view* site = head.field("sec-fetch-site"))
        return *site == "same-origin" || *site == "none";
    const std::string_view* origin = head.field("origin");
    if (origin == nullptr) return true;
    std::size_t scheme = origin->find("://");
    return host != nullptr && scheme != std::string_view::npos &&
           http::equal_ignoring_case(origin->substr(scheme + 3), *host);
}

void Access::note_unknown_token(const Peer& peer, Unknown what, Steady now) const {
    const bool refused = what == Unknown::refused;
    std::uint64_t count = 0;
    auto& book = refused ? shared_.refused_tokens : shared_.ignored_tokens;
    auto pause = refused ? std::chrono::seconds(1) : std::chrono::seconds(60);
    if (!book[peer.listener].note(now, pause, count)) return;
    shared_.log(LogLevel::warning,
                fmt::format("listener {}: {} with a token that is not known{}",
                            shared_.listeners[peer.listener].text, text::counted(count, "request"),
                            refused ? ", refused" : ", answered as public"));
}

}  // namespace vitals::endpoints
