// A registry holds what a service knows about its own health: handlers that are asked on a schedule
// (callables), handlers that report by themselves (StateHandler), and checks of backends. It runs
// them on its own threads: code that reads a status or answers a request never runs a handler and
// never waits for one.
//
//     vitals::Registry registry;
//     registry.add("DatabaseConnection", [] { return vitals::ok(); });
//     registry.is_in_state("DatabaseConnection", vitals::Status::ok);
//
// A registry leaves the process alone: it prints nothing, keeps no global state, installs no signal
// handler and never aborts. It has one thread for its schedule. Handlers run on a small pool of
// further threads, which start when they are needed. A handler that hangs is reported as failed and
// is not called again until it returns. It delays no other handler, and it does not delay the end
// of the registry: its thread is left behind. So the objects that a handler refers to must live as
// long as the handler may hang.
//
// Thread-safe throughout. After fork() the child must neither use nor destroy a registry of its
// parent, because the threads do not exist there. It may make its own.
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

// The name that was asked for is not registered.
class UnknownComponent : public std::out_of_range {
  public:
    explicit UnknownComponent(std::string_view name)
        : std::out_of_range("no component is called '" + std::string(name) + "'") {}
};

// How a component is checked and judged. Durations are positive.
struct Options {
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds timeout{5'000};  // longer: failed, class timeout
    // For components that the registry asks. A StateHandler reports its own state, which counts as
    // it is.
    unsigned failures = 1;   // failing runs before it turns failed
    unsigned successes = 1;  // passing ones before it recovers
    bool critical = true;    // false: its failure only degrades the whole
    std::optional<std::chrono::milliseconds> valid_for{};   // default 2 x interval + timeout
    std::optional<std::chrono::milliseconds> slow_above{};  // a longer run is degraded
    // How often it is asked while a threshold holds back a change; default a fifth of the interval,
    // at least 1 s.
    std::optional<std::chrono::milliseconds> retry_interval{};
    std::optional<std::chrono::milliseconds> down_interval{};  // while failed; default the interval
    std::optional<std::chrono::milliseconds>
        ttl{};  // StateHandler: after longer silence it is failed
    std::vector<std::string> tags{};
    std::vector<std::string> depends_on{};  // for root causes
    std::vector<std::string> probes{};      // `live`, `startup`: /livez, /startupz too
};

// An asynchronous handler answers by calling this once, from any thread. Later calls do nothing. If
// it is destroyed without a call, the run is failed.
class Completion {
  public:
    void operator()(Outcome outcome) const;

  private:
    friend class Registry;
    explicit Completion(std::shared_ptr<library::Answer> answer) : answer_(std::move(answer)) {}
    std::shared_ptr<library::Answer> answer_;
};

// A component changed from one status to another.
struct Change {
    std::string name;
    Status from = Status::unknown;
    Status to = Status::unknown;
    std::string detail;
};

// Ends the subscription when it is destroyed. After that the callback is not running and will not
// be called, unless the callback itself destroyed it. May outlive the registry.
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
    // Waits for handlers that are being asked, for half a second at most. A handler that returns by
    // then is not called again; the threads of the others are left behind. A callback of on_change
    // may also delete the registry: no other callback begins after that.
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    // Registers a handler: a function, lambda or object with operator() that returns an Outcome. If
    // it throws anything, the component is failed, class local. A name in use is replaced. Throws
    // std::invalid_argument for an impossible name or option.
    void add(std::string name, std::function<Outcome()> handler, Options options = {});

    // An asynchronous handler: it is called on the pool, returns at once, and answers later through
    // the completion.
    template <class Handler>
        requires std::invocable<Handler&, Completion> && (!std::invocable<Handler&>)
    void add(std::string name, Handler handler, Options options = {}) {
        add_async(std::move(name), std::function<void(Completion)>(std::move(handler)),
                  std::move(options));
    }

    // A handler that keeps its own state. The registry does not own it. It removes itself when it
    // is destroyed, and from its former registry when it is registered here.
    void add(StateHandler& handler, Options options = {});

    // A check of a backend by its URL ("https://host/", "tcp://host:port", "file:/path", ...), or
    // of a named kind with settings as the configuration file spells them. Part of the component
    // `vitals::checks`: only programs that call these link it. Throws std::invalid_argument that
    // says what is wrong with the URL, the kind or a setting.
    void add_check(std::string name, const std::string& url, Options options = {});
    void add_check(std::string name, const std::string& kind,
                   const std::vector<std::pair<std::string, std::string>>& settings,
                   Options options);

    bool remove(std::string_view name);  // false: no such component

    // The status by name; throws UnknownComponent when there is none. Wait-free. A stale result is
    // `unknown`.
    Status status(std::string_view name) const;
    bool is_in_state(std::string_view name, Status status) const;

    // Waits until the component is in that state, at most for that time; true if it is. The change
    // itself wakes it, and a snapshot taken afterwards shows the change. The component may be
    // registered during the wait.
    bool wait_for(std::string_view name, Status status, std::chrono::milliseconds at_most) const;

    // The current snapshot. It is at most 10 ms behind the latest change of a status; an added
    // component is in it at once. Never waits.
    std::shared_ptr<const Snapshot> snapshot() const;

    // Calls back on every change of a status, on the thread that made it, one call at a time for
    // each subscription. The callback should be short and must not throw.
    [[nodiscard]] Subscription on_change(std::function<void(const Change&)> callback);

    // The service is not ready from now on, with this text; "OK" ends it. Liveness does not change.
    // Not saved.
    void decommission(std::string text);
    void recommission() { decommission("OK"); }
    void drain();  // the process is about to stop: not ready, whatever the text

  private:
    friend class Server;
    void add_async(std::string name, std::function<void(Completion)> handler, Options options);
    std::shared_ptr<library::Core> core_;
};

}  // namespace vitals
