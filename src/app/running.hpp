// A daemon under way: what it holds, and which thread may touch what. Inside app only; one part per
// file: its life (running.cpp), what the server may ask for (control.cpp), the configuration anew
// (reload.cpp), the end (ending.cpp).
//
// Threads: the main thread runs the engine; the server brings its own; the store has one; `secrets`
// and, while one is under way, `reload` and `drain` do what may block (reading files, waiting for
// clients) away from the engine.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "app/daemon.hpp"
#include "app/notify.hpp"
#include "app/vault_secrets.hpp"
#include "app/worker_groups.hpp"
#include "config/config.hpp"
#include "engine/engine.hpp"
#include "history/store.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "server/server.hpp"

namespace vitals::app {

std::vector<std::string> lines_of(const config::Problems& problems);
// The sections that a reload does not change, by name, each as one text.
std::map<std::string, std::string> fixed_at_start(const config::Config& config);

class Daemon {
  public:
    Daemon(config::Config config, ServeOptions options, Log log);
    int run();  // the exit code

  private:
    void open_store();
    void watch(const config::Config& config);
    void vault_was_read();
    void report_secrets();
    int listen();

    server::Control control();
    void take_push(server::Push push,
                   const std::function<void(server::Control::Answer, std::string)>& done);

    using Reloaded = std::function<void(std::vector<std::string>)>;
    void reload(Reloaded done);
    std::vector<std::string> apply(std::expected<config::Config, config::Problems>& loaded);
    void tell_what_waits();
    void watch_secrets();

    void on_signal(int number);
    void keep_alive();

    ServeOptions options_;
    Log log_;
    Notify notify_;
    Clock& clock_ = real_clock();
    std::shared_ptr<config::Config> config_;          // replaced on the engine's thread
    const std::map<std::string, std::string> fixed_;  // as this process began
    std::mutex config_mutex_;                         // for the secrets' thread
    engine::Hub hub_;
    net::Loop loop_;
    net::Environment environment_;
    engine::Engine engine_;
    WorkerGroups workers_;
    VaultSecrets vault_;
    std::set<std::string> waiting_;  // components that need a secret that was not read yet
    Outcome secrets_health_;         // as reported last
    net::Timer watchdog_timer_;
    net::Timer drain_timer_;
    Decommission decommission_;
    std::set<std::string> pushed_;
    bool reloading_ = false;
    bool draining_ = false;
    std::unique_ptr<history::Store> store_;
    std::unique_ptr<server::Server> server_;
    // Last, so that they are joined before what they use goes.
    std::jthread secrets_thread_;
    std::jthread reload_thread_;
    std::jthread drain_thread_;
};

}  // namespace vitals::app
