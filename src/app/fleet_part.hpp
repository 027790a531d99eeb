// Makes this vitals a node of a fleet: it passes local events to fleet::Member and its results to
// the engine, runs the checks that this node is chosen for, and shows what the fleet knows as
// components. Without a section `fleet` it has nothing: no thread, no connection, no timer.
//
// Used on the engine's thread, except view() and metrics().
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "engine/engine.hpp"
#include "engine/judged.hpp"
#include "engine/runner.hpp"
#include "fleet/link.hpp"
#include "fleet/member.hpp"
#include "history/store.hpp"
#include "model/board.hpp"
#include "model/clock.hpp"
#include "model/fleet_view.hpp"
#include "model/pushed.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/log.hpp"
#include "workers/groups.hpp"

namespace vitals::app {

class FleetPart {
  public:
    struct Seams {
        std::function<void()> drained;         // whether the service is drained may have changed
        std::function<bool()> out_of_service;  // this node is
        // An entry of what changed.
        std::function<void(Happening::What what, std::string text, std::string by)> happened;
        // Of alerts, as Member::Heard says.
        std::function<void(const std::string& node, const fleet::Claim&)> claim{};
        std::function<void(const std::string& node, const fleet::Told&)> told{};
        std::function<void()> asked{};
        std::function<FleetView::Alerts()> alerts{};
    };
    FleetPart(net::Environment& environment, Clock& clock, engine::Engine& engine,
              workers::Groups& workers, Log log, Seams seams);
    ~FleetPart();

    // From the configuration at the start; what an earlier process knew is available at once. Only
    // a restart changes the identity of this node.
    void begin(const config::Config& config, history::Store& store);
    // What is shared from now on. Called before the engine gets its components.
    void configure(const config::Config& config);
    // `fleet` and `nodes/NAME`, whose results are reported.
    std::vector<Component> components() const;
    // The components exist now: shows what is known of them.
    void show();
    // The last message.
    void end();

    bool in_use() const noexcept { return member_ != nullptr; }
    const fleet::Member& member() const { return *member_; }  // where it is in use
    void say(const fleet::Message& message);                  // of alerts
    void take(const Heartbeats& beats);                       // that were pushed to this node
    void take(const Push& push);                              // likewise, and accepted
    // What the silence of a pushed component means where the fleet shares it.
    engine::Engine::Silence silence(const std::string& component) const;
    // Why the service of this node is out of service on all nodes, or empty.
    std::string drain_text() const;
    void drain(std::string service, const std::string& text, const std::string& by,
               std::function<void(std::string problem, bool durable)> done);

    // From any thread; null: no fleet.
    std::shared_ptr<const FleetView> view() const;

  private:
    static constexpr std::chrono::milliseconds turn_every{250};
    static constexpr std::chrono::seconds show_every{1};
    static constexpr std::chrono::seconds validity{10};  // of what is shown again every second
    struct Own;
    struct Shown {
        Outcome outcome;
        Steady valid_until{};
    };

    struct SharedPush {
        std::chrono::milliseconds ttl{};
        Steady valid_until{};  // of the latest push to any node
    };

    void receive();
    void turn();
    void heard(const std::string& service, const fleet::Drain& drain);
    void heard(const std::string& component, const fleet::Pushed& pushed,
               std::chrono::milliseconds valid_for);
    void run_checks();
    void show_nodes(Steady now);
    void renew_nodes();
    void choose_nodes();
    void tell_who_came(Steady now);
    void show_checks(Steady now);
    void show_workers(Steady now);
    void tell(const std::string& component, Outcome outcome, Steady valid_until);
    Outcome judge_fleet(Steady now) const;
    Outcome judge_node(const fleet::Node& node) const;
    Outcome no_contact() const;
    // The same text for the same moment, unless the wall clock is set.
    std::string wall_of(Steady moment) const;
    void save_nodes();
    std::uint64_t wall() const;  // in milliseconds
    void make_view(Steady now);

    net::Environment& environment_;
    Clock& clock_;
    engine::Engine& engine_;
    workers::Groups& workers_;
    Log log_;
    Seams seams_;
    history::Store* store_ = nullptr;
    std::string service_;
    std::unique_ptr<fleet::Member> member_;
    std::unique_ptr<fleet::Link> link_;
    net::Timer timer_;
    Steady began_{}, due_{}, shown_at_{};
    mutable System wall_{};  // at `steady_`
    mutable Steady steady_{};
    std::chrono::milliseconds lag_{};
    std::uint64_t shown_version_ = 0, told_version_ = 0, losses_ = 0;
    std::map<std::string, config::ComponentConfig, std::less<>> checks_;
    std::map<std::string, std::unique_ptr<Own>, std::less<>> running_;
    std::map<std::string, Shown, std::less<>> told_;  // by component
    std::map<std::string, SharedPush, std::less<>> pushes_;
    std::set<std::string, std::less<>> shown_nodes_;  // that are components
    bool large_ = false;                              // more nodes than can be
    std::set<std::string, std::less<>> known_nodes_;  // as it was told who came and went
    bool tells_who_came_ = false;                     // once it has heard all
    Steady told_who_came_{};
    std::map<std::string, std::string> saved_nodes_;  // as on disk
    std::map<std::string, std::string> groups_;       // by name: why it is blind; `-`: it is not
    std::string problem_;                             // of the connection, as it was logged
    bool connected_ = false;
    bool receiving_ = false;
    mutable std::mutex mutex_;
    std::shared_ptr<const FleetView> view_;
};

}  // namespace vitals::app
