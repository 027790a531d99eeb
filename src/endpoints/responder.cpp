// Routing: from a request's head to its plan.
#include "endpoints/responder.hpp"

#include <fmt/format.h>

#include <functional>

#include "dialects/page.hpp"
#include "dialects/probes.hpp"
#include "endpoints/act_link.hpp"
#include "endpoints/facts.hpp"
#include "endpoints/grpc_health.hpp"
#include "endpoints/log_in.hpp"
#include "endpoints/pages.hpp"
#include "endpoints/past_answers.hpp"
#include "endpoints/pings.hpp"
#include "endpoints/problem.hpp"
#include "endpoints/resource.hpp"
#include "http/gzip.hpp"

namespace vitals::endpoints {
namespace {

using http::Response;

// Whether a method is in a list such as "GET, HEAD, OPTIONS".
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

// A browser asks whether a page may ask at all; it shows no token.
bool is_preflight(const http::Head& head) {
    return head.method == "OPTIONS" && head.field("origin") != nullptr &&
           head.field("access-control-request-method") != nullptr;
}

Response not_allowed(Response response, std::string_view methods) {
    response.headers.emplace_back("Allow", methods);
    return response;
}

bool wants_gzip(const http::Head& head) {
    const std::string_view* const field = head.field("accept-encoding");
    return field != nullptr && http::accepts_gzip(*field);
}

bool is_api_path(std::string_view path) {
    return path == "/v1" || path.starts_with("/v1/");
}

}  // namespace

Responder::Responder(Shared& shared, unsigned thread, std::shared_ptr<const Routes> routes,
                     ServingLoop loop)
    : shared_(shared),
      thread_(thread),
      access_(shared),
      loop_(std::move(loop)),
      kept_(shared, thread),
      past_answers_(std::make_unique<PastAnswers>(shared, kept_, loop_)),
      pages_(std::make_unique<Pages>(shared, access_, kept_, loop_)),
      grpc_(std::make_unique<GrpcHealth>(kept_)) {
    replace_routes(std::move(routes));
}

Responder::~Responder() = default;

void Responder::replace_routes(std::shared_ptr<const Routes> routes) {
    kept_.clear();
    past_answers_->clear();
    routes_ = std::move(routes);
    mounts_.clear();
    for (const Listener& listener : shared_.listeners)
        mounts_.emplace_back(*routes_, listener.text);
    pages_->replace_routes(routes_);
    grpc_->replace_routes(routes_);
}

Plan Responder::plan(const http::Head& head, const Peer& peer) {
    Plan plan;
    plan.label = "other";
    plan.credentials = credentials_of(head);
    plan.identity = identify(plan.credentials);
    auto target = http::parse_target(head.method, head.target);
    if (!target) {
        plan.response = http::plain_answer(target.error().status, target.error().why);
        if (target.error().status == 405) plan.response->headers.emplace_back("Allow", "GET, HEAD");
        plan.malformed = true;
        return plan;
    }
    const Question question{head, *target, peer, plan};
    if (target->asterisk)
        plan_whole(question);
    else if (is_api_path(target->raw_path))
        plan_operation(question);
    else if (target->raw_path.starts_with(act_link_path) && shared_.control.people.act_link)
        plan_act_link(shared_, head, *target, plan);
    else if (!routes_->pings.empty() && is_ping_path(target->path))
        plan_ping({shared_, *routes_, peer, kept_.now()}, head, *target, plan);
    else if (const auto found = mounts_[peer.listener].find(target->path))
        plan_endpoint(question, *found);
    else
        plan.response = http::plain_answer(404, {});
    return plan;
}

std::shared_ptr<http::Rendered> Responder::own_answer(std::size_t listener) {
    const MountedEndpoint* const endpoint = own_endpoint(listener);
    if (endpoint == nullptr) return nullptr;
    KeptAnswer question;
    question.request.disclose = endpoint->disclose;
    question.request.components = endpoint->components.empty() ? nullptr : &endpoint->components;
    question.render = std::cref(endpoint->render);
    question.route = reinterpret_cast<std::uintptr_t>(endpoint);
    question.routes = routes_;
    question.label = shared_.listeners[listener].text;
    const std::shared_ptr<KeptAnswer> kept = kept_.find_or_keep(std::move(question));
    std::shared_ptr<http::Rendered> rendered = kept_.fresh(*kept);
    if (rendered == nullptr) rendered = kept_.render_once(*kept);
    count(kept->label, rendered->status);
    return rendered;
}

// The request names no endpoint: Apache's mod_proxy_hcheck asks so whether this instance is ready.
void Responder::plan_whole(Question question) {
    dialects::Request whole;
    whole.now = kept_.now();
    whole.embedded = routes_->embedded;
    const Status ready = dialects::overall(
        dialects::probe_lines(dialects::Probe::ready, kept_.snapshot(), whole, true));
    question.plan.response =
        options_answer("GET, HEAD, OPTIONS", ready == Status::failed ? 503 : 200);
}

void Responder::plan_endpoint(Question question, const Mounts::Found& found) {
    auto& [head, target, peer, plan] = question;
    const MountedEndpoint& endpoint = *found.endpoint;
    const dialects::Dialect& dialect = *endpoint.dialect;
    plan.label = endpoint.path;
    if (&dialect == &dialects::page) {
        pages_->plan({head, target, peer, found, who(plan.identity, peer)}, plan);
        return;
    }
    if (!lists(dialect.methods, head.method) && !lists(dialect.refuses, head.method)) {
        plan.response = not_allowed(http::plain_answer(405, {}), dialect.methods);
        return;
    }
    if (is_preflight(head)) {
        plan.response = options_answer(dialect.methods, 204);
        return;
    }
    // HAProxy's `option httpchk` uses OPTIONS: it gets the code of GET.
    const std::string_view asked_by_options = head.method == "OPTIONS" ? dialect.methods : "";
    plan.response =
        access_.refuse(*routes_, endpoint, head.method, head, plan.identity, peer, kept_.now());
    if (plan.response) {
        if (!asked_by_options.empty()) http::as_options(*plan.response, asked_by_options);
        return;
    }
    const bool tls = shared_.listeners[peer.listener].tls.has_value();
    dialects::Request request = facts_of(found, head, target, tls ? "https" : "http");
    request.embedded = routes_->embedded;
    if (plan.identity.may.read) {
        request.disclose = Disclosure::full;
        request.authorized = true;
    }
    if (request.method != "GET") {
        request.sender = access_.sender_of(head, peer, plan.identity);
        plan.action = change_by(endpoint, std::move(request), who(plan.identity, peer));
        return;
    }
    if (dialect.asks != nullptr) {
        if (auto wanted = dialect.asks(kept_.snapshot(), request)) {
            plan.action = past_answers_->answer(
                {routes_, &endpoint, std::move(request), asked_by_options, wants_gzip(head)},
                std::move(*wanted));
            return;
        }
    }
    KeptAnswer made;
    made.allow = asked_by_options;
    made.request = std::move(request);
    made.render = std::cref(endpoint.render);
    made.route = reinterpret_cast<std::uintptr_t>(&endpoint);
    made.routes = routes_;
    made.wants_process = dialect.wants_process;
    made.wants_board = dialect.wants_board;
    made.gzip = wants_gzip(head);
    made.label = plan.label;
    plan.kept = kept_.find_or_keep(std::move(made));
}

void Responder::plan_operation(Question question) {
    auto& [head, target, peer, plan] = question;
    plan.label = "/v1";
    Resource resource = find_resource(target.raw_path);
    auto refuse = [&path = target.raw_path](int status, std::string_view why) {
        return problem_answer(status, why, path);
    };
    if (resource.operations.empty()) {
        plan.response = refuse(404, "there is no such resource; /v1/openapi.json lists them");
        return;
    }
    const std::string methods = resource.methods();
    const bool asked_by_options = head.method == "OPTIONS";
    const bool reading = head.method == "HEAD" || asked_by_options;
    const std::string_view method = reading ? "GET" : head.method;
    const Operation* operation = resource.find(method);
    if (is_preflight(head)) {
        plan.response = options_answer(methods, 204);
    } else if (operation != nullptr) {
        plan.response =
            access_.refuse(*operation, target.raw_path, head, plan.identity, peer, kept_.now());
        if (!plan.response && resource.bad_name)
            plan.response = refuse(400, "the name's percent-encoding is not valid");
        if (plan.response && asked_by_options) http::as_options(*plan.response, methods);
    } else if (asked_by_options) {
        plan.response = options_answer(methods);
    } else {
        plan.response =
            not_allowed(refuse(405, fmt::format("{} is not possible here", method)), methods);
    }
    if (plan.response) return;
    if (operation->open != nullptr && !asked_by_options) {
        const std::string_view* last = head.field("last-event-id");
        plan.stream = operation->open({shared_.control, shared_.hub, shared_.clock,
                                       std::string(target.raw_path), std::move(target.query),
                                       last == nullptr ? std::string() : std::string(*last)});
        return;
    }
    if (operation->render == nullptr) {
        if (asked_by_options) {
            plan.response = options_answer(methods);
            return;
        }
        if (operation->sessions != SessionUse::none) {
            plan.reads_body = true;
            plan.action = session_by(*operation, head, target.raw_path, peer);
            return;
        }
        plan.reads_body = operation->method != "GET";
        plan.action = answer_by(*operation, std::move(resource.names), target,
                                who(plan.identity, peer), author(plan.identity, peer));
        return;
    }
    KeptAnswer made;
    if (asked_by_options) made.allow = methods;
    if (!resource.names.empty()) made.request.rest = std::move(resource.names[0]);
    made.request.path = target.raw_path;
    made.request.disclose = Disclosure::full;
    made.request.authorized = true;
    made.request.embedded = routes_->embedded;
    made.render = operation->render;
    made.route = reinterpret_cast<std::uintptr_t>(operation);
    made.routes = routes_;
    made.gzip = wants_gzip(head);
    made.label = plan.label;
    plan.kept = kept_.find_or_keep(std::move(made));
}

std::string Responder::who(const Identity& identity, const Peer& peer) const {
    if (identity.token >= 0)
        return "token " + routes_->tokens[static_cast<std::size_t>(identity.token)].name;
    return peer.name();
}

std::string Responder::author(const Identity& identity, const Peer& peer) const {
    if (identity.token >= 0) return routes_->tokens[static_cast<std::size_t>(identity.token)].name;
    return peer.name();
}

// The only change that a dialect may make: decommission.
Action Responder::change_by(const MountedEndpoint& endpoint, dialects::Request request,
                            std::string who) {
    auto shared_request = std::make_shared<dialects::Request>(std::move(request));
    auto routes = routes_;  // the endpoint lives as long as they
    return [this, routes, &endpoint, shared_request, who = std::move(who)](
               std::string, const Reply& reply) -> std::optional<Response> {
        shared_request->now = kept_.now();
        shared_request->now_system = shared_.clock.system();
        dialects::Response response;
        try {
            response = endpoint.render(kept_.snapshot(), *shared_request);
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
                if (!durable) answer.headers.push_back(not_saved());
                reply(std::move(answer));
            });
        return {};
    };
}

// A log-in needs what no other operation does: the listener, and the field that sets a cookie.
Action Responder::session_by(const Operation& operation, const http::Head& head,
                             std::string_view path, const Peer& peer) {
    if (!Access::same_site(head))
        return [path = std::string(path)](std::string, const Reply&) {
            return problem_answer(403, "this comes from a web page elsewhere", path);
        };
    auto reading = [this, routes = routes_, peer, path = std::string(path)](const std::string& body,
                                                                            const Reply&) {
        return log_in_by_json(shared_, *routes, peer, body, path, kept_.now());
    };
    if (operation.sessions == SessionUse::begins) return reading;
    return [this, peer, cookie = std::string(session_cookie(shared_, peer, head))](
               const std::string&, const Reply&) {
        return std::optional(log_out(shared_, peer, cookie, http::Response{.status = 204}));
    };
}

Action Responder::answer_by(const Operation& operation, std::vector<std::string> names,
                            const http::Target& target, std::string who, std::string by) {
    return [this, &operation, names = std::move(names), path = std::string(target.raw_path),
            query = target.query, who = std::move(who),
            by = std::move(by)](std::string body, Reply reply) {
        return operation.run({shared_.control, names, path, query, who, by, shared_.hub,
                              shared_.clock, std::move(body), std::move(reply)});
    };
}

void Responder::count(const std::string& label, int status) {
    shared_.traffic.counter(thread_, label, status).add();
}

}  // namespace vitals::endpoints
