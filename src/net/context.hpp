// What a check gets for one run: its deadline, its phases, and its connections. A check starts no
// thread and no timer and keeps no static; it waits only through this class. Used on the loop's
// thread only.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/check_error.hpp"
#include "model/clock.hpp"
#include "net/awaitable.hpp"
#include "net/kept.hpp"
#include "vitals/outcome.hpp"

namespace vitals::net {

class Environment;

class Context {
  public:
    Context(Environment& environment, Clock& clock, std::string component, std::string kind,
            Steady deadline, std::shared_ptr<Kept> kept = {});
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    const std::string& component() const { return component_; }
    const std::string& kind() const { return kind_; }
    Steady deadline() const { return deadline_; }
    std::chrono::milliseconds left() const;  // until the deadline, at least zero
    Clock& clock() { return clock_; }
    Environment& environment() { return environment_; }
    // What the previous run left; null if no run follows (`vitals check`).
    Kept* kept() { return kept_.get(); }

    // Ends the phase before and begins this one ("connect", "tls", "auth", "query", ...). A run
    // that hung or failed did so in the phase that was entered last.
    void enter(std::string_view phase);
    // Appends a phase that was measured elsewhere.
    void record(std::string_view phase, std::chrono::nanoseconds duration);
    const std::string& phase() const { return phase_; }
    std::vector<Phase> finish();  // ends the current phase; all phases in order

    // Waits; ends with the run.
    awaitable<void> sleep(std::chrono::milliseconds duration);

    // Runs foreign blocking code on the lane of this kind of check. When the run is cancelled, the
    // call is abandoned: it continues alone, and blocking_call() tells when it has ended. The code
    // must own all that it touches. Its exceptions are rethrown here. Throws CheckError{local} when
    // the lane is full of calls that do not end.
    template <class T>
    awaitable<T> blocking(std::function<T()> code) {
        auto result = std::make_shared<std::optional<T>>();
        std::function<void()> store = [result, code = std::move(code)] { result->emplace(code()); };
        co_await run_blocking(std::move(store));
        co_return std::move(**result);
    }

    // The blocking call that this run started last, or null; see still_running().
    const std::shared_ptr<struct BlockingCall>& blocking_call() const { return call_; }

  private:
    awaitable<void> run_blocking(std::function<void()> code);

    Environment& environment_;
    Clock& clock_;
    std::string component_;
    std::string kind_;
    Steady deadline_;
    std::shared_ptr<Kept> kept_;
    std::string phase_;
    Steady phase_began_{};
    std::vector<Phase> phases_;
    std::shared_ptr<struct BlockingCall> call_;
};

}  // namespace vitals::net
