// Routing and rights.
#include "endpoints/responder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dialects/probes.hpp"
#include "endpoints/component_json.hpp"
#include "endpoints/control_api.hpp"
#include "text/amount.hpp"

namespace vitals::endpoints {
namespace {

using dialects::Sender;
using http::Response;

// Whether a method stands in a list such as "GET, HEAD, OPTIONS".
bool lists(std::string_view methods, std::string_view method) {
    while (!methods.empty()) {
        std::size_t comma = methods.find(',');
        std::string_view entry = methods.substr(0, comma);
        while (entry.starts_with(' ')) entry.remove_prefix(1);
        while (entry.ends_with(' ')) entry.remove_suffix(1);
        if (entry == method) return true;
        methods.remove_prefix(comma == std::string_view::npos ? methods.size() : comma + 1);
    }
    return false;
}

Response options_answer(std::string_view methods, int status = 200) {
    Response response;
    response.status = status;
    response.headers.emplace_back("Allow", methods);
    return response;
}

// A browser's question whether a page may ask at all; it shows no token.
bool is_preflight(const http::Head& head) {
    return head.method == "OPTIONS" && head.field("origin") != nullptr &&
           head.field("access-control-request-method") != nullptr;
}

Response not_allowed(Response response, std::string_view methods) {
    response.headers.emplace_back("Allow", methods);
    return response;
}

Response ask_for_token(Response response, bool invalid) {
    response.headers.emplace_back("WWW-Authenticate",
                                  invalid ? "Bearer error=\"invalid_token\"" : "Bearer");
    return response;
}

// What a proxy adds, or a browser. A proxy that adds nothing cannot be told.
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

// An address, `localhost` or a name below it, or none: nobody else can make it mean this machine.
bool is_local_name(std::string_view host) {
    std::string_view name = name_of(host);
    return name.starts_with('[') || is_number(name) || is_localhost(name);
}

// A name that means this machine on this machine: what a proxy is asked by is another one.
bool is_loopback_name(std::string_view host) {
    std::string_view name = name_of(host);
    return name == "[::1]" || (name.starts_with("127.") && is_number(name)) || is_localhost(name);
}

bool is_api_path(std::string_view path) {
    return path == "/v1" || path.starts_with("/v1/");
}

}  // namespace

Responder::Responder(Shared& shared, unsigned thread, std::shared_ptr<const Routes> routes)
    : shared_(shared), thread_(thread), reader_(shared.hub) {
    replace_routes(std::move(routes));
    begin_batch();
}

void Responder::replace_routes(std::shared_ptr<const Routes> routes) {
    for (auto& [key, variant] : variants_) variant->retire();
    variants_.clear();
    ring_.clear();
    hand_ = 0;
    kept_bytes_ = 0;
    routes_ = std::move(routes);
    mounts_.assign(shared_.listeners.size(), {});
    for (std::size_t i = 0; i < mounts_.size(); ++i)
        for (const MountedEndpoint& endpoint : routes_->endpoints) {
            bool here = endpoint.listeners.empty() ||
                        std::find(endpoint.listeners.begin(), endpoint.listeners.end(),
                                  shared_.listeners[i].text) != endpoint.listeners.end();
            if (here && endpoint.dialect != nullptr && endpoint.dialect->match != nullptr &&
                endpoint.dialect->render != nullptr)
                mounts_[i].push_back(&endpoint);
        }
    // The endpoint with the longest path has it, whatever else is served around it; of several the
    // first, as they stand in one row.
    for (auto& mounts : mounts_)
        std::ranges::sort(mounts, {}, [](const MountedEndpoint* endpoint) {
            return std::pair(-std::ssize(endpoint->path), endpoint);
        });
}

Plan Responder::plan(const http::Head& head, const Peer& peer) {
    Plan plan;
    plan.label = "other";
    plan.bearer = bearer_of(head);
    plan.identity = identify(plan.bearer);
    auto target = http::parse_target(head.method, head.target);
    if (!target) {
        plan.response = http::plain_answer(target.error().status, target.error().why);
        if (target.error().status == 405) plan.response->headers.emplace_back("Allow", "GET, HEAD");
        plan.malformed = true;
        return plan;
    }
    if (target->asterisk) {
        // No endpoint is named: Apache's mod_proxy_hcheck asks so whether this instance is ready.
        dialects::Request whole;
        whole.now = now_;
        whole.embedded = routes_->embedded;
        const Status ready = dialects::overall(
            dialects::probe_lines(dialects::Probe::ready, reader_.read(), whole, true));
        plan.response = options_answer("GET, HEAD, OPTIONS", ready == Status::failed ? 503 : 200);
        return plan;
    }
    if (is_api_path(target->raw_path)) return plan_control(head, *target, peer, std::move(plan));
    for (const MountedEndpoint* endpoint : mounts_[peer.listener])
        if (auto rest = endpoint->dialect->match(endpoint->path, target->path))
            return plan_endpoint(*endpoint, *rest, head, *target, peer, std::move(plan));
    plan.response = http::plain_answer(404, {});
    return plan;
}

Plan Responder::plan_endpoint(const MountedEndpoint& endpoint, std::string_view rest,
                              const http::Head& head, http::Target& target, const Peer& peer,
                              Plan plan) {
    const dialects::Dialect& dialect = *endpoint.dialect;
    plan.label = endpoint.path;
    if (!lists(dialect.methods, head.method) && !lists(dialect.refuses, head.method)) {
        plan.response = not_allowed(http::plain_answer(405, {}), dialect.methods);
        return plan;
    }
    if (is_preflight(head)) {
        plan.response = options_answer(dialect.methods, 204);
        return plan;
    }
    // HAProxy's `option httpchk` asks by OPTIONS: it gets the code that GET has.
    const std::string_view asked_by_options = head.method == "OPTIONS" ? dialect.methods : "";
    plan.response = refuse_token(endpoint, head.method, plan.identity, peer);
    if (plan.response) {
        if (!asked_by_options.empty()) http::as_options(*plan.response, asked_by_options);
        return plan;
    }
    dialects::Request request = facts(endpoint, rest, head, target, peer, plan.identity);
    if (request.method != "GET") {
        plan.action = act_on(endpoint, std::move(request), who(plan.identity, peer));
        return plan;
    }
    Variant made;
    made.allow = asked_by_options;
    made.request = std::move(request);
    made.render = dialect.render;
    made.options = endpoint.options;
    made.wants_process = dialect.wants_process;
    made.label = plan.label;
    plan.variant = keep(std::move(made), &endpoint);
    return plan;
}

std::optional<Response> Responder::refuse_token(const MountedEndpoint& endpoint,
                                                std::string_view method, const Identity& identity,
                                                const Peer& peer) {
    if (endpoint.tokens.empty()) {
        if (identity.shown && identity.token < 0) note_token(peer, false);
        return {};
    }
    if (!identity.shown)
        return ask_for_token(http::plain_answer(401, "a token is needed here"), false);
    if (identity.token < 0) {
        note_token(peer, true);
        return ask_for_token(http::plain_answer(401, "this token is not known"), true);
    }
    const std::string& name = routes_->tokens[static_cast<std::size_t>(identity.token)].name;
    bool named =
        std::find(endpoint.tokens.begin(), endpoint.tokens.end(), name) != endpoint.tokens.end();
    bool reading = method == "GET" || method == "HEAD" || method == "OPTIONS";
    if (!named) return http::plain_answer(403, "this token is not for this endpoint");
    if (!(identity.may.read || (!reading && identity.may.control)))
        return http::plain_answer(403, "this token may not read");
    return {};
}

dialects::Request Responder::facts(const MountedEndpoint& endpoint, std::string_view rest,
                                   const http::Head& head, http::Target& target, const Peer& peer,
                                   const Identity& identity) const {
    dialects::Request request;
    const bool reading = head.method == "HEAD" || head.method == "OPTIONS";
    request.method = reading ? "GET" : std::string(head.method);
    request.rest = rest;
    request.path = std::move(target.path);
    if (endpoint.dialect->reads_query) request.query = std::move(target.query);
    for (const auto& [name, value] : head.fields) {
        // A list that was sent in several lines is one list (RFC 9110, section 5.3).
        if (http::equal_ignoring_case(name, "accept"))
            request.accept.append(request.accept.empty() ? "" : ", ").append(value);
        for (std::string_view wanted : endpoint.dialect->reads)
            if (http::equal_ignoring_case(name, wanted))
                request.headers.emplace_back(std::string(wanted), std::string(value));
    }
    const std::string_view* host = head.field("host");
    if (endpoint.dialect->wants_site && host != nullptr)
        request.site =
            fmt::format("{}://{}", shared_.listeners[peer.listener].tls ? "https" : "http", *host);
    request.disclose = identity.may.read ? Disclosure::full : endpoint.disclose;
    request.authorized = !endpoint.tokens.empty() || identity.may.read;
    if (request.method != "GET") request.sender = sender_of(head, peer, identity);
    request.components = endpoint.components.empty() ? nullptr : &endpoint.components;
    request.failed_code = endpoint.failed_code;
    request.degraded_code = endpoint.degraded_code;
    request.embedded = routes_->embedded;
    return request;
}

Sender Responder::sender_of(const http::Head& head, const Peer& peer,
                            const Identity& identity) const {
    if (identity.may.control || (shared_.listeners[peer.listener].control && own_site(head, peer)))
        return Sender::operator_;
    const std::string_view* host = head.field("host");
    const bool here = peer.loopback && host != nullptr && is_loopback_name(*host);
    return here && !passed_on(head) ? Sender::loopback : Sender::anyone;
}

std::string Responder::who(const Identity& identity, const Peer& peer) const {
    if (identity.token >= 0)
        return "token " + routes_->tokens[static_cast<std::size_t>(identity.token)].name;
    return peer.name();
}

// What a dialect may be asked beyond reading: to decommission.
Action Responder::act_on(const MountedEndpoint& endpoint, dialects::Request request,
                         std::string who) {
    auto shared_request = std::make_shared<dialects::Request>(std::move(request));
    auto routes = routes_;  // the endpoint lives as long as they
    return [this, routes, &endpoint, shared_request, who = std::move(who)](
               std::string, const Reply& reply) -> std::optional<Response> {
        shared_request->now = now_;
        shared_request->now_system = shared_.clock.system();
        dialects::Response response;
        try {
            response =
                endpoint.dialect->render(reader_.read(), *shared_request, endpoint.options.get());
        } catch (const std::exception& error) {
            shared_.log(LogLevel::error, fmt::format("endpoint {} cannot be rendered: {}",
                                                     endpoint.path, error.what()));
            return http::plain_answer(500, "the answer could not be made; the log says why");
        }
        if (!response.decommission) return response;
        if (!shared_.control.decommission)
            return http::plain_answer(501, "this program cannot be decommissioned");
        std::string text = *response.decommission;
        shared_.control.decommission(
            std::move(text), who,
            [reply, response = http::Response(std::move(response))](bool durable) {
                Response answer = response;
                if (!durable)
                    answer.headers.emplace_back(
                        "Warning", "199 vitals \"not saved, will not survive a restart\"");
                reply(std::move(answer));
            });
        return {};
    };
}

// No browser speaks to a unix socket. Elsewhere it tells where a page came from, but a page may
// also have its name point to this machine: who asks from here calls it by a name from here.
bool Responder::own_site(const http::Head& head, const Peer& peer) const noexcept {
    const Listener& listener = shared_.listeners[peer.listener];
    if (!listener.unix_path.empty()) return true;
    const std::string_view* host = head.field("host");
    if (peer.loopback && host != nullptr && !is_local_name(*host) &&
        !http::equal_ignoring_case(host->substr(0, host->find(':')), listener.host))
        return false;
    if (const std::string_view* site = head.field("sec-fetch-site"))
        return *site == "same-origin" || *site == "none";
    const std::string_view* origin = head.field("origin");
    if (origin == nullptr) return true;
    std::size_t scheme = origin->find("://");
    return host != nullptr && scheme != std::string_view::npos &&
           http::equal_ignoring_case(origin->substr(scheme + 3), *host);
}

Plan Responder::plan_control(const http::Head& head, http::Target& target, const Peer& peer,
                             Plan plan) {
    plan.label = "/v1";
    Resource resource = find_resource(target.raw_path);
    auto refuse = [&](int status, std::string_view why) {
        return problem_answer(status, why, target.raw_path);
    };
    if (resource.operations.empty()) {
        plan.response = refuse(404, "there is no such resource; /v1/openapi.json lists them");
        return plan;
    }
    const std::string methods = allowed(resource);
    const bool asked_by_options = head.method == "OPTIONS";
    const bool reading = head.method == "HEAD" || asked_by_options;
    std::string_view method = reading ? "GET" : head.method;
    auto found = std::find_if(resource.operations.begin(), resource.operations.end(),
                              [&](const Operation* each) { return each->method == method; });
    if (is_preflight(head)) {
        plan.response = options_answer(methods, 204);
    } else if (found != resource.operations.end()) {
        plan.response = refuse_operation(**found, target.raw_path, head, plan.identity, peer);
        if (!plan.response && resource.bad_name)
            plan.response = refuse(400, "the name's percent-encoding is not valid");
        if (plan.response && asked_by_options) http::as_options(*plan.response, methods);
    } else if (asked_by_options) {
        plan.response = options_answer(methods);
    } else {
        plan.response =
            not_allowed(refuse(405, fmt::format("{} is not possible here", method)), methods);
    }
    if (plan.response) return plan;
    const Operation& operation = **found;
    if (operation.render != nullptr) {
        Variant made;
        if (asked_by_options) made.allow = methods;
        if (!resource.names.empty()) made.request.rest = std::move(resource.names[0]);
        made.request.path = target.raw_path;
        made.request.disclose = Disclosure::full;
        made.request.authorized = true;
        made.request.embedded = routes_->embedded;
        made.render = operation.render;
        made.label = plan.label;
        plan.variant = keep(std::move(made), &operation);
        return plan;
    }
    plan.reads_body = true;
    plan.action = [this, &operation, names = std::move(resource.names),
                   path = std::string(target.raw_path),
                   who = who(plan.identity, peer)](std::string body, Reply reply) {
        return operation.act(
            {shared_.control, names, path, who, std::move(body), std::move(reply)});
    };
    return plan;
}

// Without a token only a control listener serves, and not a page from elsewhere in a browser.
std::optional<Response> Responder::refuse_operation(const Operation& operation,
                                                    std::string_view path, const http::Head& head,
                                                    const Identity& identity, const Peer& peer) {
    const bool control = shared_.listeners[peer.listener].control;
    const bool open = control && own_site(head, peer);
    const bool allowed_by_token = operation.right == Right::none ||
                                  (operation.right == Right::read && identity.may.read) ||
                                  (operation.right == Right::push && identity.may.push) ||
                                  (operation.right == Right::control && identity.may.control);
    if (identity.shown && identity.token < 0) note_token(peer, !open);
    if (open || allowed_by_token) return {};
    if (!identity.shown) {
        const std::string_view why =
            control ? "this may come from a web page elsewhere: call this machine by its address "
                      "or localhost, or show a token"
                    : "a token is needed here (Authorization: Bearer TOKEN)";
        return ask_for_token(problem_answer(401, why, path), false);
    }
    if (identity.token < 0)
        return ask_for_token(problem_answer(401, "this token is not known", path), true);
    return problem_answer(403, "this token has not the right it takes", path);
}

void Responder::note_token(const Peer& peer, bool refused) {
    std::uint64_t count = 0;
    auto& book = refused ? shared_.refused_tokens : shared_.ignored_tokens;
    auto pause = refused ? std::chrono::seconds(1) : std::chrono::seconds(60);
    if (!book[peer.listener].note(now_, pause, count)) return;
    shared_.log(LogLevel::warning,
                fmt::format("listener {}: {} with a bearer token that is not known{}",
                            shared_.listeners[peer.listener].text, text::counted(count, "request"),
                            refused ? ", refused" : ", answered as public"));
}

void Responder::count(const std::string& label, int status) {
    shared_.traffic.counter(thread_, label, status).add();
}

}  // namespace vitals::endpoints
