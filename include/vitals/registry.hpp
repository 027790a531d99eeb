// A registry holds what a service knows about its own health: handlers that are asked on a schedule
// (callables), handlers that say so themselves (StateHandler), and checks of backends. It runs them
// away from whoever asks: reading a status or answering a request never runs, and never waits for,
// a handler.
//
//     vitals::Registry registry;
//     registry.add("DatabaseConnection", [] { return vitals::ok(); });
//     registry.is_in_state("DatabaseConnection", vitals::Status::ok);
//
// A registry is a polite guest: it prints nothing, keeps no global state, installs no signal
// handler and never aborts. It has one thread of its own for its schedule; handlers run on a small
// pool of further threads, begun when needed. A handler that hangs is reported as failed, is not
// called again until it returns, and holds up nobody else, nor the registry's end: its thread is
// left behind. What a handler refers to must therefore live as long as the handler may hang.
//
// Thread-safe throughout. After fork() the child must not use a registry of its parent: the threads
// are not there; nor destroy it. It may make one of its own.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vitals/log.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"
#include "vitals/state_handler.hpp"
#include "vitals/status.hpp"

namespace vitals {

namespace library {
struct Core;
struct Subscriber;
struct Answer;
}  // namespace library

// A name that is not registered was asked for.
class UnknownComponent : public std::out_of_range {
  public:
    explicit UnknownComponent(std::string_view name)
        : std::out_of_range("no component is called '" + std::string(name) + "'") {}
};

// How a component is watched and judged. Durations are positive.
struct Options {
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds timeout{5'000};  // longer: failed, class timeout
    // Of what is asked; a StateHandler, which says itself how it is, is taken at its word.
    unsigned failures = 1;   // failing runs before it turns failed
    unsigned successes = 1;  // passing ones before it recovers
    bool critical = true;    // false: its failure only degrades the whole
    std::optional<std::chrono::milliseconds> valid_for{};   // default 2 x interval + timeout
    std::optional<std::chrono::milliseconds> slow_above{};  // a longer run is degraded
    // While a threshold holds a change back; default a fifth of the interval, at least 1 s.
    std::optional<std::chrono::milliseconds> retry_interval{};
    std::optional<std::chrono::milliseconds> down_interval{};  // while failed; default the interval
    std::optional<std::chrono::milliseconds>
        ttl{};  // StateHandler: without a beat for longer: failed
    std::vector<std::string> tags{};
    std::vector<std::string> depends_on{};  // for root causes
    std::vector<std::string> probes{};      // `live`, `startup`: /livez, /startupz too
};

// How an asynchronous handler gives its answer: by calling this once, from any thread. Later calls
// do nothing. Destroyed without a call, the run is failed.
class Completion {
  public:
    void operator()(Outcome outcome) const;

  private:
    friend class Registry;
    explicit Completion(std::shared_ptr<library::Answer> answer) : answer_(std::move(answer)) {}
    std::shared_ptr<library::Answer> answer_;
};

// A component turned from one status to another.
struct Change {
    std::string name;
    Status from = Status::unknown;
    Status to = Status::unknown;
    std::string detail;
};

// Ends the subscription when destroyed; afterwards the callback is not running and will not be
// called (unless destroyed from within the callback itself). May outlive the registry.
class Subscription {
  public:
    Subscription() = default;
    ~Subscription();
    Subscription(Subscription&&) noexcept = default;
    Subscription& operator=(Subscription&& other) noexcept;

  private:
    friend class Registry;
    explicit Subscription(std::shared_ptr<library::Subscriber> subscriber)
        : subscriber_(std::move(subscriber)) {}
    std::shared_ptr<library::Subscriber> subscriber_;
};

struct RegistryOptions {
    Service service{};                 // what responses report about the process
    Log log{};                         // none: silence
    std::size_t handler_threads = 16;  // handlers that may run, or hang, at the same time
};

class Registry {
  public:
    Registry();
    explicit Registry(RegistryOptions options);
    // Waits for handlers that are being asked, for half a second at most: those that return by then
    // are called no more; threads of the others are left behind. A callback of
    // on_change may delete the registry, too: no other begins after that.
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    // Registers a handler: a function, lambda or object with operator() that returns an Outcome.
    // Anything it throws makes the component failed, class local. A name in use is replaced.
    // Throws std::invalid_argument for an impossible name or option.
    void add(std::string name, std::function<Outcome()> handler, Options options = {});

    // An asynchronous handler: it is called on the pool, returns at once, and answers through the
    // completion when it can.
    template <class Handler>
        requires std::invocable<Handler&, Completion> && (!std::invocable<Handler&>)
    void add(std::string name, Handler handler, Options options = {}) {
        add_async(std::move(name), std::function<void(Completion)>(std::move(handler)),
                  std::move(options));
    }

    // A handler that keeps its own state. It is not owned; it removes itself when destroyed, and
    // from the registry that it was in before.
    void add(StateHandler& handler, Options options = {});

    // A check of a backend by its URL ("https://host/", "tcp://host:port", "file:/path", ...), or
    // of a named kind with settings as the configuration file spells them. Part of the component
    // `vitals::checks`: only who calls these links it. Throws std::invalid_argument that says what
    // is wrong with URL, kind or setting.
    void add_check(std::string name, const std::string& url, Options options = {});
    void add_check(std::string name, const std::string& kind,
                   const std::vector<std::pair<std::string, std::string>>& settings,
                   Options options);

    bool remove(std::string_view name);  // false: no such component

    // By name; UnknownComponent when there is none. Wait-free. A stale result is `unknown`.
    Status status(std::string_view name) const;
    bool is_in_state(std::string_view name, Status status) const;

    // Waits until the component is in that state, at most so long; true if it is. Woken by the
    // change itself, and a snapshot taken afterwards shows it. The component may also be
    // registered only later.
    bool wait_for(std::string_view name, Status status, std::chrono::milliseconds at_most) const;

    // The current snapshot: at most 10 ms behind the latest change of a status; what was added is
    // in it at once. Never waits.
    std::shared_ptr<const Snapshot> snapshot() const;

    // Calls back on every change of a status, on the thread that made it; one call at a time for
    // each subscription. The callback should be short and must not throw.
    [[nodiscard]] Subscription on_change(std::function<void(const Change&)> callback);

    // Not ready from now on, with this text; "OK" ends it. Liveness is not touched. Not saved.
    void decommission(std::string text);
    void recommission() { decommission("OK"); }
    void drain();  // the process is about to stop: not ready, whatever the text

  private:
    friend class Server;
    void add_async(std::string name, std::function<void(Completion)> handler, Options options);
    std::shared_ptr<library::Core> core_;
};

}  // namespace vitals
