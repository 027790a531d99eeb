// From settings to the parts of the program: pure translations, no I/O.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "engine/engine.hpp"
#include "jobs/jobs.hpp"
#include "server/server.hpp"
#include "workers/groups.hpp"

namespace vitals::app {

engine::Definition definition_of(const config::ComponentConfig& component);
// Of one that some nodes of the fleet check: as such a node does it.
engine::Definition checked_definition_of(const config::ComponentConfig& component);
std::vector<engine::Definition> definitions_of(const config::Config& config);
// Of a component whose results are reported by a part of vitals.
engine::Definition reported(Component component);
std::vector<workers::GroupSettings> groups_of(const config::Config& config);
std::vector<jobs::JobSettings> jobs_of(const config::Config& config);
// Those that stand in the file first, then those that endpoints have for themselves.
std::vector<Listener> listeners_of(const config::Config& config);
server::Limits limits_of(const config::Config& config);
// No more than there may be connections, which they share.
unsigned serving_threads(const config::Config& config);
std::shared_ptr<const endpoints::Routes> routes_of(const config::Config& config);

// What tells one configuration from another, by component: groups of workers are some, too.
endpoints::Definitions compared_definitions(const config::Config& config);

// How many endpoints answer: those that are not switched off.
std::size_t served_endpoints(const config::Config& config);

// Whether it needs a secret that has no value yet.
bool waits_for_secret(const config::ComponentConfig& component);

}  // namespace vitals::app
