// What is pushed to components, and which of them a push may create. Used on the engine's thread.
#pragma once

#include <string>
#include <utility>

#include "endpoints/control.hpp"
#include "engine/engine.hpp"

namespace vitals::app {

// What the control API answers, and why.
using Answered = std::pair<endpoints::Control::Answer, std::string>;

Answered take_push(engine::Engine& engine, Push push);
// Removes what a push created; what stands in the configuration stays.
Answered remove_pushed(engine::Engine& engine, const std::string& name);

}  // namespace vitals::app
