// One event loop, driven by the one thread that calls run(). Everything here is called on that
// thread, except post() and stop(), which any thread may call. Timers, tasks and environments are
// destroyed before their loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/awaitable.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace boost::asio {
class io_context;
}

namespace vitals::net {

class Loop;

// A point in time at which a function is called once. Destruction cancels; a cancelled function is
// never called, not even when it was already due.
class Timer {
  public:
    explicit Timer(Loop& loop);
    ~Timer();
    Timer(Timer&&) noexcept;
    Timer& operator=(Timer&&) noexcept;
    void arm(Steady when, std::function<void()> fire);  // replaces what was armed
    void cancel();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// A running coroutine. cancel() asks its pending operation to end at once; the completion is still
// called, once, and never from inside spawn() or cancel(). Destruction before completion cancels it
// and drops the completion.
class Task {
  public:
    Task() = default;
    ~Task();
    Task(Task&&) noexcept;
    Task& operator=(Task&&) noexcept;
    void cancel();

  private:
    friend class Loop;
    struct State;
    explicit Task(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Runs until stop(), which may also have been called before; may be called again after it.
    // SIGPIPE is blocked on this thread meanwhile: a closed peer is an error of its own connection
    // only.
    void run();
    void stop();
    void post(std::function<void()> function);
    // Starts a coroutine; `done` gets its result, or the exception that ended it.
    Task spawn(awaitable<Outcome> run, std::function<void(std::exception_ptr, Outcome)> done);
    // The same for work without a result; `done` gets an exception (null when there is none).
    Task spawn(awaitable<void> run, std::function<void(std::exception_ptr)> done);
    // Calls `on_signal` for each arrival of one of these signals (SIGTERM, SIGHUP, ...).
    void on_signals(std::vector<int> numbers, std::function<void(int)> on_signal);

    boost::asio::io_context& context();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vitals::net
