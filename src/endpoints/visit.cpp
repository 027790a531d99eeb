#include "endpoints/visit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "dialects/page.hpp"
#include "endpoints/log_in.hpp"

namespace vitals::endpoints {
namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Where programs read what the page shows.
std::vector<std::string> data_paths(const Routes& routes, std::string_view listener) {
    constexpr std::array<std::string_view, 3> shown{"health_json", "metrics", "statuspage"};
    std::vector<std::string> paths;
    for (const MountedEndpoint& endpoint : routes.endpoints) {
        const auto& names = endpoint.listeners;
        const bool here = names.empty() || std::ranges::find(names, listener) != names.end();
        if (here && std::ranges::find(shown, endpoint.dialect->description.name) != shown.end())
            paths.push_back(endpoint.path);
    }
    return paths;
}

bool anyone_may_log_in(const Routes& routes) {
    return std::ranges::any_of(
        routes.tokens, [](const Token& token) { return token.allow.read || token.allow.control; });
}

}  // namespace

void Visit::look(const Control& control) {
    if (control.fleet.view) fleet = control.fleet.view();
    if (control.objectives && page::wants_objectives(view)) objectives = control.objectives();
}

page::Facts Visit::facts(const Snapshot& snapshot, const Board& board) const {
    static const std::string host = host_name();
    page::Facts facts{.snapshot = snapshot, .board = board, .request = request};
    facts.viewer = viewer;
    facts.query = query;
    facts.root = root;
    const auto& options = endpoint->options.as<dialects::PageOptions>();
    facts.title = options.title;
    facts.refresh = options.refresh;
    facts.can_log_in = anyone_may_log_in(*routes);
    facts.open = open.get();
    facts.version = routes->version;
    facts.host = host;
    facts.configuration = routes->configuration;
    facts.data = data;
    facts.objectives = objectives;
    facts.time_zone = routes->time_zone;
    facts.fleet = fleet.get();
    return facts;
}

std::string Visit::history_key() const {
    // A filter of very many components chooses whose history is shown.
    return fmt::format("{} {} {} {} {} {}", static_cast<const void*>(endpoint),
                       static_cast<int>(query.range), query.all, page::address_of(view),
                       query.state, query.search);
}

std::string Visit::sight_key() const {
    return fmt::format("{} {} {} {}", history_key(), viewer.read, viewer.control,
                       viewer.control ? viewer.form_token : std::string());
}

std::string form_token_of(const Shared& shared, const Visit& visit, const Peer& peer) {
    return shared.sessions.form_token(
        visit.cookie.empty() ? fmt::format("listener {}", peer.listener) : visit.cookie);
}

Visit visit_of(Shared& shared, const Access& access, std::shared_ptr<const Routes> routes,
               const http::Head& head, const Peer& peer, const Mounts::Found& found,
               const Identity& by_token, Steady now) {
    Visit visit;
    visit.routes = std::move(routes);
    visit.endpoint = found.endpoint;
    visit.root = found.endpoint->path;
    if (!visit.root.ends_with('/')) visit.root += '/';
    visit.data = data_paths(*visit.routes, shared.listeners[peer.listener].text);
    visit.identity = by_token;
    visit.by_token = by_token.shown && !by_token.basic;
    if (!by_token.shown) {
        const std::string_view cookie = session_cookie(shared, peer, head);
        if (!cookie.empty()) visit.identity = shared.sessions.identify(*visit.routes, cookie, now);
        // An ended session counts as none.
        if (visit.identity.token < 0)
            visit.identity = {};
        else
            visit.cookie = cookie;
    }
    page::Viewer& viewer = visit.viewer;
    viewer.read = visit.identity.may.read;
    viewer.control = visit.identity.may.control;
    if (visit.identity.token >= 0)
        viewer.name = visit.routes->tokens[static_cast<std::size_t>(visit.identity.token)].name;
    if (access.open_to(head, peer)) {
        viewer.read = viewer.control = true;
        if (viewer.name.empty()) viewer.name = peer.name();
    }
    if (!viewer.name.empty()) viewer.form_token = form_token_of(shared, visit, peer);
    return visit;
}

}  // namespace vitals::endpoints
