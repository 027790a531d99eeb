// An invented shop to draw pages of: 204 components in 12 groups, nine not ok, one cause with seven
// consequences; and shops of any size. For tests and for `page_samples`. All from literals: the
// same every time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "page/page.hpp"

namespace vitals::page::testing {

class Shop {
  public:
    Shop();  // nothing is watched

    ComponentState& add(std::string name, Outcome outcome, std::string kind = "http",
                        std::vector<std::string> needs = {});
    // Published as an engine does it: sorted, with causes.
    void finish();
    ComponentState& of(const std::string& name) { return *states_.at(name); }
    Component& component(const std::string& name) { return *components_.at(name); }
    // Its past, in minutes before now: from, for how long, what.
    void was(const std::string& name, double from, double length, Spent state);
    // The rest of a budget of 43 min in 30 days, and how fast it burns.
    void objective(std::string name, std::vector<std::string> components,
                   std::chrono::milliseconds spent, std::chrono::milliseconds spent_lately);

    Facts facts() const;
    // The answers of a history.
    Gathered gathered(const View& view, const Facts& facts) const;
    http::Response page(const std::string& rest, const Facts& facts) const;
    http::Response page(const std::string& rest) const { return page(rest, facts()); }

    Snapshot snapshot;
    Board board;
    dialects::Request request;
    Public open;
    Viewer viewer;
    Query query;
    bool history_away = false;
    bool with_open = true;
    std::vector<ObjectiveReport> objectives;
    std::shared_ptr<FleetView> fleet;  // null: not in a fleet
    std::string time_zone;
    System now;  // 2026-11-29 02:17:04
    Steady steady;

  private:
    std::map<std::string, std::shared_ptr<ComponentState>> states_;
    std::map<std::string, std::shared_ptr<Component>> components_;
    struct Piece {
        System from, to;
        Spent state;
    };
    std::map<std::string, std::vector<Piece>> pasts_;
};

// The shop of the mock.
Shop acme();
// A shop of that many components, with some trouble in it.
Shop shop_of(std::size_t components);
// A fleet of that many nodes, from three on, with one unheard, two of one name, one that is out of
// service and one of another configuration; three of them check `shop/payments` for all.
Shop fleet_of(std::size_t nodes);
// Everything ok.
Shop well_shop();

System at(int hour, int minute, int second = 0, int days_ago = 0);

}  // namespace vitals::page::testing
