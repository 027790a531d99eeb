// From settings to the parts of the program: pure translations, no I/O.
#pragma once

#include <memory>
#include <vector>

#include "config/config.hpp"
#include "engine/engine.hpp"
#include "server/server.hpp"

namespace vitals::app {

engine::Definition definition_of(const config::ComponentConfig& component);
std::vector<engine::Definition> definitions_of(const config::Config& config);
std::vector<server::Listener> listeners_of(const config::Config& config);
std::shared_ptr<const server::Routes> routes_of(const config::Config& config);

}  // namespace vitals::app
