// Who looks at the page, at which view, and with which rights. Holds what it refers to, so that it
// can wait for the history.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "endpoints/access.hpp"
#include "endpoints/routes.hpp"
#include "page/page.hpp"

namespace vitals::endpoints {

struct Visit {
    std::shared_ptr<const Routes> routes;  // the endpoint lives as long
    const MountedEndpoint* endpoint = nullptr;
    dialects::Request request;  // its times are set when it is rendered
    page::Viewer viewer;
    page::View view;
    page::Query query;
    std::shared_ptr<const page::Public> open;  // null: there is no /public
    std::string root;                          // with its last slash
    std::vector<std::string> data;             // paths that serve the same as data
    Identity identity;                         // by token or session
    std::string cookie;                        // of the session, or empty
    std::vector<ObjectiveReport> objectives;   // if the view needs them; see look()
    std::shared_ptr<const FleetView> fleet;    // null: there is none; see look()
    bool by_token = false;                     // by a bearer token: no browser adds that by itself

    // What is known at once and not published; call it before facts().
    void look(const Control& control);
    // Refers to what is given and to this.
    page::Facts facts(const Snapshot& snapshot, const Board& board) const;
    // What it needs of the history. Visits with the same needs share the answer.
    std::string history_key() const;
    std::string sight_key() const;
};

// The identity of this request: by its token, else by the session, else by a control listener.
Visit visit_of(Shared& shared, const Access& access, std::shared_ptr<const Routes> routes,
               const http::Head& head, const Peer& peer, const Mounts::Found& found,
               const Identity& by_token, Steady now);

// The text that a form must carry to act for this visit.
std::string form_token_of(const Shared& shared, const Visit& visit, const Peer& peer);

}  // namespace vitals::endpoints
