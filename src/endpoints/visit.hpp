// Who looks at the page, at what, and what they may see of it. Holds what it refers to, so that it
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
    std::vector<std::string> data;             // paths where the same is served as data
    Identity identity;                         // by token or session
    std::string cookie;                        // of the session, or empty
    std::vector<ObjectiveReport> objectives;   // where the view wants them; see look()
    std::shared_ptr<const FleetView> fleet;    // null: there is none; see look()
    bool by_token = false;                     // by a bearer token: no browser adds that by itself

    // What is known at once and not published; before facts().
    void look(const Control& control);
    // Refers to what is given and to this.
    page::Facts facts(const Snapshot& snapshot, const Board& board) const;
    // What its history is asked for, and what all see alike who have it in common.
    std::string history_key() const;
    std::string sight_key() const;
};

// Whose request this is: by the token, else by the session, else by a control listener.
Visit visit_of(Shared& shared, const Access& access, std::shared_ptr<const Routes> routes,
               const http::Head& head, const Peer& peer, const Mounts::Found& found,
               const Identity& by_token, Steady now);

// What a form must carry that acts for this visit.
std::string form_token_of(const Shared& shared, const Visit& visit, const Peer& peer);

}  // namespace vitals::endpoints
