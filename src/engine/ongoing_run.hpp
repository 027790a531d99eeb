// One run under a deadline, for the scheduler, `vitals check` and the tests of checks. The only
// place where CheckError becomes an outcome.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "net/awaitable.hpp"
#include "net/environment.hpp"
#include "net/kept.hpp"
#include "net/loop.hpp"
#include "vitals/outcome.hpp"

namespace vitals::engine {

using Run = std::function<net::awaitable<Outcome>(net::Context&)>;

// A run. The outcome is delivered once, at the latest at the deadline (then `failed`, class
// timeout, with the phase in which it hung). finished() is true once the coroutine has ended and no
// blocking call of it is running: only then may the next run start. `ended` is called when the
// coroutine has ended, after `done`; a blocking call may still run. Destruction cancels and calls
// neither. `kept` is what runs leave for each other. Used on the loop's thread.
class OngoingRun {
  public:
    OngoingRun(net::Environment& environment, Clock& clock, const std::string& component,
               const std::string& kind, const Run& run, std::chrono::milliseconds timeout,
               std::function<void(Outcome)> done, std::function<void()> ended = {},
               std::shared_ptr<net::Kept> kept = {});
    ~OngoingRun();
    OngoingRun(const OngoingRun&) = delete;
    OngoingRun& operator=(const OngoingRun&) = delete;

    bool delivered() const;
    bool finished() const;
    bool ended() const;  // the coroutine has
    // The blocking call that it started last, or null.
    std::shared_ptr<net::BlockingCall> blocking_call() const;
    const std::string& phase() const;  // where it is, or where it hung

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vitals::engine
