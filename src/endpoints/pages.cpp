#include "endpoints/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dialects/page.hpp"
#include "endpoints/event_stream.hpp"
#include "endpoints/facts.hpp"
#include "endpoints/log_in.hpp"
#include "endpoints/problem.hpp"
#include "http/answer.hpp"
#include "http/gzip.hpp"

namespace vitals::endpoints {
namespace {

using http::Response;

constexpr std::chrono::milliseconds kept_for{1'000};
constexpr std::size_t most_pages = 64;
constexpr std::size_t most_pages_bytes = 4u << 20;
constexpr std::size_t longest_key = 1'024;
constexpr std::string_view stream_path = "events/page";

bool wants(const http::Head& head, std::string_view name, std::string_view what) {
    const std::string_view* const field = head.field(name);
    return field != nullptr && field->find(what) != std::string_view::npos;
}

// Whether a browser shows the digest of the bytes that it would get.
bool has_already(const http::Head& head, const Response& file) {
    const std::string_view* const shown = head.field("if-none-match");
    if (shown == nullptr) return false;
    return std::ranges::any_of(file.headers, [&](const auto& field) {
        return field.first == "ETag" &&
               (*shown == "*" || shown->find(field.second) != std::string_view::npos);
    });
}

Response plain_options(std::string_view methods, int status) {
    Response response;
    response.status = status;
    response.headers.emplace_back("Allow", methods);
    return response;
}

std::string key_of(const Visit& visit, bool gzip, bool by_options) {
    const page::Query& query = visit.query;
    return fmt::format("{} {}{} {} {} {} {} {}", visit.sight_key(), gzip, by_options,
                       query.unfold_all, query.reload.count(), query.state, query.search,
                       query.next);
}

}  // namespace

Pages::Pages(Shared& shared, const Access& access, KeptAnswers& kept, ServingLoop loop)
    : shared_(shared),
      access_(access),
      kept_(kept),
      loop_(std::move(loop)),
      sight_(shared.hub),
      gathering_(shared.control, loop_),
      live_views_(shared, kept, loop_, sight_, gathering_) {}

void Pages::replace_routes(std::shared_ptr<const Routes> routes) {
    routes_ = std::move(routes);
    open_.reset();
    if (!routes_->public_services.empty()) {
        auto open = std::make_shared<page::Public>();
        open->name = routes_->public_name;
        for (const auto& [name, components] : routes_->public_services)
            open->services.push_back({name, components});
        open_ = std::move(open);
    }
    pages_.clear();
    pages_bytes_ = 0;
    gathering_.clear();
    live_views_.clear();
}

void Pages::plan(PageQuestion question, Plan& plan) {
    auto& [head, target, peer, found, who] = question;
    const std::string_view methods = found.endpoint->dialect->methods;
    const bool by_options = head.method == "OPTIONS";
    if (by_options && head.field("origin") != nullptr &&
        head.field("access-control-request-method") != nullptr) {
        plan.response = plain_options(methods, 204);
        return;
    }
    if (head.method == "POST")
        if (auto form = form_at(found.rest))
            return plan_form(question, std::move(*form), visit(question, plan), plan);
    if (!by_options && head.method != "GET" && head.method != "HEAD") {
        plan.response = http::plain_answer(405, {});
        plan.response->headers.emplace_back("Allow", methods);
        return;
    }
    const Manner manner{.gzip = wants(head, "accept-encoding", "gzip") &&
                                http::accepts_gzip(*head.field("accept-encoding")),
                        .by_options = by_options,
                        .path = std::string(target.raw_path)};
    if (auto file = page::file(found.rest, target.query)) {
        if (has_already(head, *file)) {
            file->status = 304;
            file->content_type.clear();
            file->body.clear();
        }
        plan.response = finished(std::move(*file), manner);
        return;
    }
    Visit made = visit(question, plan);
    if (auto refused = refusal(question, made, manner)) {
        plan.response = finished(std::move(*refused), manner);
        return;
    }
    if (found.rest == stream_path && !by_options) {
        plan_stream(question, std::move(made), plan);
        return;
    }
    plan.action = [this, visit = std::make_shared<Visit>(std::move(made)), manner](
                      const std::string&, Reply reply) { return show(visit, manner, reply); };
}

Visit Pages::visit(const PageQuestion& question, const Plan& plan) const {
    const auto& [head, target, peer, found, who] = question;
    Visit visit =
        visit_of(shared_, access_, routes_, head, peer, found, plan.identity, kept_.now());
    visit.open = open_;
    visit.view = page::view_of(found.rest);
    visit.query = page::query_of(target.query);
    http::Target unread;  // the page reads path and query by itself
    const bool tls = shared_.listeners[peer.listener].tls.has_value();
    visit.request = facts_of(found, head, unread, tls ? "https" : "http");
    visit.request.rest = found.rest;
    visit.request.path = target.path;
    visit.request.embedded = routes_->embedded;
    if (visit.viewer.read) {
        visit.request.disclose = Disclosure::full;
        visit.request.authorized = true;
    }
    return visit;
}

// If the endpoint needs a token, a browser gets the log-in page.
std::optional<Response> Pages::refusal(const PageQuestion& question, Visit& visit, const Manner&) {
    const auto& [head, target, peer, found, who] = question;
    Identity identity = visit.identity;
    identity.shown = identity.shown || identity.token >= 0;
    auto refused =
        access_.refuse(*routes_, *found.endpoint, "GET", head, identity, peer, kept_.now());
    if (!refused || visit.view.kind == page::View::Kind::login) return {};
    if (!wants(head, "accept", "text/html")) return refused;
    Response login =
        page::login(facts(visit), refused->status == 401 ? "This page asks for a token."
                                                         : "This token is not for this page.");
    login.status = refused->status;
    // The page itself asks for the token: the browser must not show its own window.
    for (auto& field : refused->headers)
        if (!field.second.starts_with("Basic")) login.headers.push_back(std::move(field));
    return login;
}

void Pages::plan_stream(const PageQuestion& question, Visit visit, Plan& plan) {
    const auto& [head, target, peer, found, who] = question;
    const auto wrong = [&](int status, std::string_view why) {
        plan.response = http::plain_answer(status, why);
    };
    std::string view, shown;
    for (const auto& [name, value] : target.query) {
        if (name == "view") view = value;
        if (name == "shown") shown = value;
    }
    // An address, encoded once more for a query.
    const auto address = http::percent_decode(view);
    visit.view = address ? page::view_of(*address) : page::View();
    if (visit.view.kind == page::View::Kind::none) return wrong(404, "there is no such view");
    sight_.look(kept_.now());
    if (visit.view.kind == page::View::Kind::component &&
        (sight_.snapshot().find(visit.view.subject) == nullptr ||
         !dialects::shows(sight_.snapshot(), visit.request, visit.view.subject)))
        return wrong(404, "there is no component of this name");
    const std::string_view* const last = head.field("last-event-id");
    auto stream = live_views_.open(std::move(visit), last == nullptr ? std::string_view() : *last,
                                   std::move(shown));
    if (stream == nullptr) return wrong(503, "too many different views are watched");
    plan.stream = Streamed{event_stream_head(), std::move(stream)};
}

page::Facts Pages::facts(Visit& visit) {
    sight_.look(kept_.now());
    visit.request.now = kept_.now();
    visit.request.now_system = shared_.clock.system();
    visit.look(shared_.control);
    return visit.facts(sight_.snapshot(), sight_.board());
}

// Many readers without a right share one page, until something on it changes.
std::optional<Response> Pages::show(const Shown& visit, const Manner& manner, Reply reply) {
    sight_.look(kept_.now());
    const bool common = visit->viewer.name.empty() && !visit->viewer.read;
    const std::string key = common ? key_of(*visit, manner.gzip, manner.by_options) : std::string();
    if (const auto found = pages_.find(key); common && found != pages_.end() &&
                                             found->second.sight == sight_.version() &&
                                             kept_.now() - found->second.at < kept_for)
        return found->second.response;
    // Returns an answer that exists at once; the reply is for a later one.
    struct Answer {
        std::optional<Response> at_once;
        bool later = false;
    };
    const auto answer = std::make_shared<Answer>();
    gathering_.gather(visit->history_key(), page::needs_of(visit->view, facts(*visit)), kept_.now(),
                      shared_.clock.system(), kept_for,
                      [=, this](const std::shared_ptr<const Gathering::Found>& found) {
                          Response response = rendered(*visit, *found, manner);
                          if (common) keep(key, response);
                          if (answer->later)
                              reply(std::move(response));
                          else
                              answer->at_once = std::move(response);
                      });
    answer->later = true;
    return std::move(answer->at_once);
}

Response Pages::rendered(Visit& visit, const Gathering::Found& found, const Manner& manner) {
    kept_.count_made();
    try {
        const page::Facts now = facts(visit);
        if (visit.view.kind == page::View::Kind::login && !now.can_log_in) {
            Response help = page::login(now, no_tokens);
            help.status = 200;
            return finished(std::move(help), manner);
        }
        return finished(page::render(visit.view, now, found.gathered), manner);
    } catch (const std::exception& error) {
        shared_.log(LogLevel::error, fmt::format("endpoint {} cannot be rendered: {}",
                                                 visit.endpoint->path, error.what()));
        return http::plain_answer(500, "the answer could not be made; the log says why");
    }
}

Response Pages::finished(Response response, const Manner& manner) const {
    if (manner.by_options) http::as_options(response, dialects::page.methods);
    http::compress(response, manner.gzip);
    return response;
}

void Pages::keep(const std::string& key, const Response& response) {
    if (key.size() > longest_key) return;
    if (pages_.size() >= most_pages || pages_bytes_ > most_pages_bytes) {
        pages_.clear();
        pages_bytes_ = 0;
    }
    pages_bytes_ += response.body.size();
    pages_[key] = {response, sight_.version(), kept_.now()};
}

}  // namespace vitals::endpoints
