// A component in the engine: its definition, its state, and the source of its results. Inside
// engine only; used on the loop's thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "engine/definition.hpp"
#include "engine/judged.hpp"
#include "engine/runner.hpp"
#include "net/loop.hpp"

namespace vitals::engine {

struct Watched {
    Watched(Definition given, net::Loop& loop, System now);

    bool pushed() const { return !definition.run && !definition.reported; }
    std::optional<std::chrono::milliseconds> ttl() const {
        return given_ttl ? given_ttl : definition.ttl;
    }
    const ComponentState& state() const { return *judged.state(); }
    bool running() const { return runner != nullptr && runner->running(); }
    RememberedComponent remembered(Steady now) const;  // to be saved

    Definition definition;
    Judged judged;
    bool unsaved = false;                                // stands in `unsaved` of the engine
    std::optional<std::chrono::milliseconds> given_ttl;  // with the latest push
    std::optional<net::Timer> silence_timer;             // of a pushed one
    Steady silent_at{};                                  // when a pushed component counts as silent
    std::unique_ptr<Runner> runner;                      // null: it is not run
};

}  // namespace vitals::engine
