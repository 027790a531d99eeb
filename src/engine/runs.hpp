// The runs of one component, one at a time: on the engine's loop, or on a shard's. When they begin
// is not decided here. Used on the engine's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "engine/ongoing_run.hpp"
#include "engine/shard.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

class Runs {
  public:
    struct Owner {
        std::function<void(Outcome)> found;  // once a run: its outcome, or that its deadline passed
        std::function<void()> ended;         // then, unless it hangs: its coroutine has ended
    };

    virtual ~Runs() = default;  // cancels a run under way; the owner is told nothing more
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;

    virtual void begin() = 0;  // none may be running
    // The same component and run, described anew and with fresher secrets: what runs have left for
    // one another stands on older ones.
    virtual void replace(std::shared_ptr<const Component> component, Run run) = 0;
    virtual void forget() = 0;  // what runs have left for one another
    virtual bool running() const = 0;
    virtual bool hung() const = 0;                 // running, and past its deadline
    virtual const std::string& phase() const = 0;  // in which it hangs

  protected:
    Runs() = default;
};

// How runs of a component are carried out.
struct RunSettings {
    std::shared_ptr<const Component> component;
    std::chrono::milliseconds interval, timeout;
    Run run;
};

// On the loop of that environment.
std::unique_ptr<Runs> runs_here(net::Environment& environment, Clock& clock, RunSettings settings,
                                Runs::Owner owner);
// On that shard's; the owner is told on the engine's loop.
std::unique_ptr<Runs> runs_on(Shard& shard, Clock& clock, RunSettings settings, Runs::Owner owner);

}  // namespace vitals::engine
