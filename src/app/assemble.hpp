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
// For a component that some nodes of the fleet check: its definition on such a node.
engine::Definition checked_definition_of(const config::ComponentConfig& component);
std::vector<engine::Definition> definitions_of(const config::Config& config);
// For a component whose results a part of vitals reports.
engine::Definition reported(Component component);
std::vector<workers::GroupSettings> groups_of(const config::Config& config);
std::vector<jobs::JobSettings> jobs_of(const config::Config& config);
// The listeners of the file first, then those of endpoints with their own.
std::vector<Listener> listeners_of(const config::Config& config);
server::Limits limits_of(const config::Config& config);
// No more than there may be connections, which they share.
unsigned serving_threads(const config::Config& config);
std::shared_ptr<const endpoints::Routes> routes_of(const config::Config& config);

// What distinguishes two configurations, by component; groups of workers are also components.
endpoints::Definitions compared_definitions(const config::Config& config);

// How many endpoints answer: those that are not switched off.
std::size_t served_endpoints(const config::Config& config);

// Whether it needs a secret that has no value yet.
bool waits_for_secret(const config::ComponentConfig& component);

}  // namespace vitals::app
