// Pushes to components, and which components a push may create. Used on the engine's thread.
#pragma once

#include <string>

#include "engine/engine.hpp"
#include "model/pushed.hpp"

namespace vitals::engine {

struct PushResult {
    PushAnswer answer = PushAnswer::done;
    std::string why;  // where it was not done
};

PushResult accept_push(Engine& engine, Push push);
// Removes a component that a push created; a component of the configuration stays.
PushResult remove_pushed(Engine& engine, const std::string& name);

// Names the component that was probably meant.
PushResult no_such_component(const Engine& engine, const std::string& name);

}  // namespace vitals::engine
