// The alerts of a node of a fleet, between the desk, which has the messages, and fleet::Ladder,
// which knows whose turn it is: carries what was told here to the other nodes, and back. No policy
// here.
//
// Used on the loop's thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/saved.hpp"
#include "fleet/ladder.hpp"
#include "fleet/member.hpp"
#include "model/board.hpp"
#include "model/clock.hpp"
#include "model/fleet_view.hpp"
#include "net/loop.hpp"

namespace vitals::app {

class FleetAlerts {
  public:
    struct Seams {
        std::function<std::vector<alerts::PeerTold>()> told;  // by this node, of shared incidents
        std::function<void(const std::string& node, bool whole,
                           const std::vector<alerts::PeerTold>&)>
            heard;
        // Of such incidents, by name: what a person has acknowledged, here and elsewhere.
        std::function<std::map<std::string, Acknowledgement>()> acknowledged;
        std::function<void(const std::string& incident, Acknowledgement)> heard_acknowledged;
        std::function<void()> ask_again;  // messages that had to wait may leave
    };
    FleetAlerts(net::Loop& loop, Clock& clock, Seams seams);

    // From now on, for good. `say` sends a message to the fleet; `member` outlives this.
    void begin(const fleet::Member& member, std::function<void(const fleet::Message&)> say);
    bool in_use() const noexcept { return member_ != nullptr; }
    const std::string& node() const { return member_->settings().node; }
    const std::string& name() const { return member_->settings().fleet; }  // of the fleet
    // The receivers that this node has.
    void configure(std::vector<std::string> receivers);

    void hear(const std::string& node, const fleet::Claim& claim);
    void hear(const std::string& node, const fleet::Told& told);
    void asked();  // another node misses what was told

    // Of an incident that others may tell, too.
    bool may_leave(const alerts::Message& message, const IncidentRecord& incident);
    void left(const std::string& incident, const std::string& receiver);
    void ended(const std::string& incident, const std::string& receiver, alerts::Fate fate);
    // This node hears nobody of its fleet.
    bool alone() const { return ladder_ != nullptr && ladder_->alone(); }
    // How its messages about such incidents went, since the start.
    FleetView::Alerts figures() const;

  private:
    using Entries = std::map<std::pair<std::string, std::string>, fleet::Told::Entry>;

    void turn();
    void look_at_nodes(Steady now);
    void tell_news(Steady now);
    void tell(bool whole, std::vector<fleet::Told::Entry> entries);
    void say_claims();

    Clock& clock_;
    Seams seams_;
    const fleet::Member* member_ = nullptr;
    std::function<void(const fleet::Message&)> say_;
    std::unique_ptr<fleet::Ladder> ladder_;
    std::vector<std::string> receivers_;
    Entries said_;  // what others know of this node
    std::vector<fleet::Told::Acknowledged> acknowledged_;
    std::uint64_t seq_ = 0;
    std::uint64_t nodes_version_ = 0;
    std::vector<std::string> alive_;
    std::map<std::string, std::string> to_apply_;  // incident -> receiver: told elsewhere
    bool all_due_ = true;
    Steady all_at_{};
    net::Timer timer_;
};

}  // namespace vitals::app
