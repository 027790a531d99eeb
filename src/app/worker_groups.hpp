// The groups of workers of a configuration: their table, where their heartbeats come from, the
// components `workers/<group>` that judge them, what of it goes into snapshots and what outlives
// the process. Used on the engine's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "endpoints/control.hpp"
#include "engine/engine.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "workers/celery/celery_source.hpp"
#include "workers/table.hpp"

namespace vitals::app {

class WorkerGroups {
  public:
    WorkerGroups(net::Environment& environment, engine::Engine& engine, Clock& clock, Log log);

    // Where what is known is kept, and what an earlier process left there. To be called before the
    // first configure().
    using Keep = std::function<void(std::vector<RememberedWorker>)>;
    void remember(std::vector<RememberedWorker> known, Keep keep);
    // Keeps what is known now, whether or not it changed.
    void keep_now();

    // Takes over the groups of a configuration; known workers of groups that stay are kept, and so
    // is the connection of a source that did not change.
    void configure(const std::vector<config::WorkersConfig>& groups);
    // The components that judge them, to be configured along with the others.
    std::vector<engine::Definition> definitions() const;

    // Takes what was pushed; the next snapshot shows it. Returns what is wrong with it, or empty.
    std::string take(const Heartbeats& beats);

  private:
    struct Source {
        std::string fingerprint;
        std::unique_ptr<workers::celery::CelerySource> source;
    };

    void listen(const std::vector<config::WorkersConfig>& groups);
    void turn();
    void judge();
    void keep();

    net::Environment& environment_;
    engine::Engine& engine_;
    Clock& clock_;
    Log log_;
    std::shared_ptr<workers::Table> table_;  // sources hold it, too
    std::vector<workers::GroupOptions> options_;
    std::map<std::string, std::vector<std::string>> probes_;  // by group
    std::map<std::string, Source> sources_;                   // by group
    net::Timer timer_;
    bool taken_ = false;  // pushed, and not yet judged
    Steady reported_at_{};
    std::map<std::string, Outcome> reported_;  // by group, the latest
    Keep keep_;
    std::uint64_t kept_ = 0;  // version of the table that was kept last
    std::uint64_t kept_membership_ = 0;
    bool kept_some_ = false;  // there may be something to be removed
    Steady kept_at_{};
};

}  // namespace vitals::app
