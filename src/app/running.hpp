// A running daemon: what it holds, and which thread may touch what. Inside app only. One file for
// each part: its life (running.cpp), the server's requests (control.cpp), the reload (reload.cpp),
// the end (ending.cpp).
//
// Threads: the main thread runs the engine; the log and the store have one each, the server and the
// runs of checks as many as are configured. All exist from the start, so the daemon continues and
// ends properly whatever is missing later. Files are read on lanes, away from the engine.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "app/daemon.hpp"
#include "app/fleet_part.hpp"
#include "app/incident_desk.hpp"
#include "app/kept_memory.hpp"
#include "app/logging.hpp"
#include "app/notify.hpp"
#include "app/objectives.hpp"
#include "app/saved_states.hpp"
#include "app/shares.hpp"
#include "app/watched_names.hpp"
#include "config/config.hpp"
#include "engine/engine.hpp"
#include "engine/pushes.hpp"
#include "history/store.hpp"
#include "jobs/jobs.hpp"
#include "model/clock.hpp"
#include "net/aside.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "otlp/exporter.hpp"
#include "secrets/file_secrets.hpp"
#include "secrets/vault_secrets.hpp"
#include "server/server.hpp"
#include "workers/groups.hpp"

namespace vitals::app {

std::vector<std::string> lines_of(const config::Problems& problems);
// The sections that a reload does not change, by name, each as one text.
std::map<std::string, std::string> fixed_at_start(const config::Config& config);

class Daemon {
  public:
    Daemon(config::Config config, ServeOptions options, const Logger& logger);
    int run();  // the exit code

  private:
    bool open_store();
    void recall_decommission();
    void await_answer();
    void store_reported(Outcome outcome);
    void await_store();
    void compare_history();
    void save_decommission(const std::string& text, std::function<void(bool)> done);
    void tell_decommission();
    void watch(const config::Config& config);
    void vault_was_read();
    void report_secrets();
    void report_exporter(std::optional<Outcome> health);
    int listen();
    bool begin_shards();
    WatchedNames::Resolved tell_desk();
    void log_transition(const Transition& transition);
    void log_summary();

    endpoints::Control control();
    void answer(engine::PushResult result, std::function<void(PushAnswer, std::string)> done);
    void pasts(std::vector<std::string> names, std::chrono::milliseconds back,
               std::function<void(std::optional<std::vector<Past>>)> done);
    void show(workers::Groups::Shown shown);
    void show(jobs::Jobs::Shown shown);
    void take_up_jobs();
    void save_jobs(std::vector<std::pair<std::string, std::optional<std::string>>> rows);
    engine::PushResult tell_job(const JobEvent& event);

    using Loaded = std::expected<config::Config, config::Problems>;
    using Reloaded = std::function<void(endpoints::ReloadResult)>;
    void reload(std::string who, Reloaded done);
    endpoints::ReloadResult apply(Loaded& loaded);
    std::vector<std::string> tell_what_waits();
    void begin_reload();
    void end_reload(Loaded loaded);

    void on_signal(int number);
    void look_at_drain(Steady end);
    void keep_alive();
    void settle();

    ServeOptions options_;
    Log log_;
    FieldLog field_log_;
    Notify notify_;
    Clock& clock_ = real_clock();
    std::shared_ptr<config::Config> config_;          // replaced on the engine's thread
    const std::map<std::string, std::string> fixed_;  // as this process began
    Hub hub_;
    net::Loop loop_;
    KeptMemory memory_{loop_, clock_};
    WatchedNames environment_;
    net::Aside loading_{environment_, "configuration"};
    engine::Engine engine_;
    workers::Groups workers_;
    FleetPart fleet_;
    SavedStates states_;
    jobs::Jobs jobs_;
    Shares shares_;
    unsigned jobs_lost_ = 0;  // losses of the store, as far as dealt with
    IncidentDesk desk_;
    Objectives objectives_;
    secrets::FileSecrets secret_files_;
    secrets::VaultSecrets vault_;
    otlp::Exporter exporter_;
    std::set<std::string> waiting_;  // components that need a secret that was not read yet
    Outcome secrets_health_;         // as reported last
    net::Timer store_timer_;         // for its next report
    net::Timer recall_timer_;
    net::Timer history_timer_;
    Steady compared_{};  // the history, last
    net::Timer watchdog_timer_;
    net::Timer settled_timer_;
    net::Timer drain_timer_;
    Decommission decommission_;
    bool in_doubt_ = false;  // until the disk has answered, or an operator has
    bool reloading_ = false;
    std::string reload_by_;           // callers of the present one
    std::string asked_by_;            // for the next
    std::vector<Reloaded> asked_;     // for a reload that has not begun
    std::vector<Reloaded> answered_;  // by the one under way
    bool draining_ = false;
    std::unique_ptr<history::Store> store_;
    std::unique_ptr<server::Server> server_;
};

}  // namespace vitals::app
