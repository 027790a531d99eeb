// The desk of incidents in the daemon: its timer, its disk, its place on the hub, and its interface
// for people. No policy here. Used on the engine's thread, unless stated otherwise.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "alerts/alert_of.hpp"
#include "alerts/desk.hpp"
#include "alerts/receivers/sender.hpp"
#include "app/action_runner.hpp"
#include "app/fleet_alerts.hpp"
#include "app/maintenance_view.hpp"
#include "app/peer_link.hpp"
#include "config/config.hpp"
#include "endpoints/control.hpp"
#include "engine/engine.hpp"
#include "history/store.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"
#include "net/loop.hpp"

namespace vitals::app {

class IncidentDesk {
  public:
    IncidentDesk(net::Loop& loop, net::Environment& environment, Clock& clock,
                 engine::Engine& engine, Hub& hub, Log log);

    // Restores what an earlier process left in that state directory; waits for the disk for at most
    // two seconds.
    void take_up(history::Store& store, const std::string& directory);
    // Receivers, rules, silences; how long records are kept.
    void configure(const config::Config& config);
    // The components changed: the desk looks at them as soon as they are published.
    void components_changed();
    void happened(Happening::What what, std::string text, std::string by = {});
    // A run of that component has resolved that name.
    void resolved(const std::string& component, const std::string& host,
                  std::vector<std::string> addresses) {
        desk_.resolved(component, host, std::move(addresses));
    }
    // Adds when the component was in maintenance; the past of other components does not change.
    void add_maintenance(const std::string& component, Past& past) const;
    // For other threads.
    std::shared_ptr<const MaintenanceView> maintenance() const { return maintenance_; }
    // Writes what was not written yet.
    void end() { desk_.turn(); }

    // Of a node of a fleet; any other leaves it alone.
    FleetAlerts& fleet() noexcept { return fleet_; }

    endpoints::People people();
    const Happenings& happenings() const noexcept { return happenings_; }  // any thread

  private:
    using Incidents = std::vector<endpoints::People::Incident>;

    alerts::Desk::Seams seams();
    void save(std::vector<alerts::DeskRow> rows, std::function<void(bool)> done);
    void tick();
    void forget_old();
    void keep_link_key(const std::string& directory);
    void send(const alerts::Message& message, const IncidentRecord& incident, unsigned attempt,
              bool may_be_copy, std::function<void(alerts::Attempt)> done);
    alerts::Alert alert(const alerts::Message& message, const IncidentRecord& incident) const;
    PeerLink::Seams peer_seams();
    FleetAlerts::Seams fleet_seams();
    void share_acknowledgements(auto& seams);
    void acknowledge(const alerts::Message& message, const IncidentRecord& incident);
    void remember_what_was_told();
    void report_queues();
    void feed_watchdog();
    void test_receiver(const std::string& name, endpoints::People::Done done);
    // A change by a person: done and shown at once, acknowledged when it is on disk.
    void change(std::function<alerts::Desk::Answer(alerts::Desk::Durable)> act,
                endpoints::People::Done done);
    void find_incident(const std::string& id,
                       std::function<void(std::optional<endpoints::People::Incident>)> done);
    void list_incidents(std::string component, std::uint64_t before, std::size_t limit,
                        std::function<void(std::optional<Incidents>)> done);
    void list_happenings(System before, std::size_t limit,
                         std::function<void(std::optional<std::vector<Happening>>)> done);

    net::Loop& loop_;
    Clock& clock_;
    engine::Engine& engine_;
    Hub& hub_;
    Happenings happenings_;
    history::Store* store_ = nullptr;
    bool watching_ = false;  // a snapshot has shown the components of the configuration
    unsigned losses_ = 0;
    std::chrono::milliseconds keep_{std::chrono::hours(24 * 400)};
    Steady forget_at_{};
    net::Timer turn_timer_;
    net::Timer tick_timer_;
    Log log_;
    alerts::receivers::Sender sender_;
    ActionRunner actions_;
    PeerLink peer_;
    FleetAlerts fleet_;
    const std::shared_ptr<MaintenanceView> maintenance_ = std::make_shared<MaintenanceView>();
    std::optional<std::chrono::milliseconds> watchdog_every_;
    Steady watchdog_at_{};
    bool watchdog_well_ = true;
    alerts::Telling telling_;                     // except what differs from message to message
    std::vector<std::string> receivers_;          // the policy's names
    std::string service_;                         // the name of this service in the configuration
    std::optional<std::string> queues_reported_;  // the error last told of them
    alerts::Desk desk_;
};

}  // namespace vitals::app
