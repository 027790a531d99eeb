// How other threads reach a serving thread.
#pragma once

#include <functional>

namespace vitals::endpoints {

struct ServingLoop {
    std::function<void(std::function<void()>)> post;  // any thread; dropped once it has ended
    std::function<void()> ask_streams;                // soon: they may have more to say
};

}  // namespace vitals::endpoints
