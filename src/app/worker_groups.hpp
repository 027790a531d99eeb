// The groups of workers of a configuration: their table, the components `workers/<group>` that
// judge them, and what of it goes into snapshots. Used on the engine's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "engine/engine.hpp"
#include "net/loop.hpp"
#include "server/server.hpp"
#include "workers/table.hpp"

namespace vitals::app {

class WorkerGroups {
  public:
    WorkerGroups(net::Loop& loop, engine::Engine& engine, Clock& clock);

    // Takes over the groups of a configuration; known workers of groups that stay are kept.
    void configure(const std::vector<config::WorkersConfig>& groups);
    // The components that judge them, to be configured along with the others.
    std::vector<engine::Definition> definitions() const;

    // Takes what was pushed. Returns what is wrong with it, or empty.
    std::string take(const server::Heartbeats& beats);

  private:
    void turn();

    engine::Engine& engine_;
    Clock& clock_;
    std::shared_ptr<workers::Table> table_;  // runs of the components hold it, too
    std::vector<workers::GroupOptions> options_;
    net::Timer timer_;
    std::uint64_t published_ = 0;
};

}  // namespace vitals::app
