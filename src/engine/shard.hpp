// A thread that carries out runs of its share of the components, with a loop and an environment of
// its own. It judges nothing: what runs find is posted to the engine's loop. Used on the engine's
// thread, but for loop() and environment(), which belong to this one's.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "model/clock.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"

namespace vitals::engine {

class Shard {
  public:
    using MakeEnvironment = std::function<std::unique_ptr<net::Environment>(net::Loop&)>;

    // Throws std::system_error: no thread can be started. `engine` is the loop of those who use it.
    Shard(net::Loop& engine, const MakeEnvironment& make);
    ~Shard();  // cancels all runs; waits for the thread
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    net::Loop& loop() noexcept { return loop_; }
    net::Environment& environment() noexcept { return *environment_; }
    // Carried out on this thread, in order.
    void post(std::function<void()> function) { loop_.post(std::move(function)); }
    net::Loop& engine() noexcept { return engine_; }

    // Asks whether it turns, unless it still owes an answer. How long that took last, or how long
    // it has taken so far, is late().
    void ask(Steady now, Clock& clock);
    Steady::duration late(Steady now) const;
    // Of the latest answer.
    const std::vector<net::LaneFigures>& lanes() const noexcept { return state_->lanes; }

    std::size_t components = 0;  // that are run here

  private:
    struct State {  // of the questions; the engine's thread only
        Steady asked{};
        Steady::duration took{};
        bool waiting = false;
        std::vector<net::LaneFigures> lanes;
    };

    net::Loop& engine_;
    net::Loop loop_;
    std::unique_ptr<net::Environment> environment_;
    std::shared_ptr<State> state_ = std::make_shared<State>();
    std::thread thread_;
};

}  // namespace vitals::engine
