// The implementation of a Registry: the engine on its own thread, the directory of statuses, the
// subscribers and the waiters. Shared by the registry and, weakly, by its state handlers and
// completions, which may outlive it. Thread-safe unless stated otherwise.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.hpp"
#include "library/directory.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/registry.hpp"

namespace vitals::library {

struct Core;

// The state of one StateHandler. Its word holds the status in two bits and a digest of detail and
// properties in the others, so that an unchanged state is recognised without a lock.
struct Cell {
    explicit Cell(std::string text) : name(std::move(text)) {}

    const std::string name;
    std::atomic<std::uint64_t> word{static_cast<std::uint64_t>(Status::unknown) << 62};
    std::atomic<Steady::rep> beat{0};

    std::mutex mutex;  // guards what follows; taken before any lock of the core
    std::shared_ptr<const Outcome> state;
    std::weak_ptr<Core> core;
    Entry* entry = nullptr;  // valid while the core lives
    bool has_ttl = false;

    std::atomic<bool> queued{false};          // its change is on the way to the engine
    std::atomic<std::uint64_t> looked_at{0};  // the word of the latest look; with a ttl

    Status status() const noexcept {
        return static_cast<Status>(word.load(std::memory_order_acquire) >> 62);
    }
};

// The callback of a subscription. The lock is held during a call, so that ending it waits for the
// call; it is recursive, so that a callback may end its own subscription.
struct Subscriber {
    std::recursive_mutex mutex;
    std::function<void(const Change&)> callback;  // empty once ended
};

struct Core : std::enable_shared_from_this<Core> {
    explicit Core(RegistryOptions given);
    ~Core();

    void start();
    void close();  // ends the thread; nothing is called back afterwards

    // Runs on the engine's thread, soon; dropped once closed.
    void post(std::function<void()> function);

    void add(engine::Definition definition);
    void add(const std::shared_ptr<Cell>& cell, Options options);
    // With a cell, only if the name still belongs to that state handler: a later one may have taken
    // it.
    bool remove(std::string_view name, const Cell* only_of = nullptr);
    // The state of a state handler has changed (its word and state are already set).
    void changed(const std::shared_ptr<Cell>& cell, Status from, const Outcome& state,
                 bool immediate);
    void announce(const Change& change, std::string_view log_line);

    Status status(std::string_view name) const;
    // The published snapshot, with everything that was registered since. A registry that looks
    // empty is healthy, and must not look so to code that has just filled it.
    std::shared_ptr<const Snapshot> snapshot();
    bool wait_for(std::string_view name, Status status, std::chrono::milliseconds at_most);
    // Returns when the snapshot shows all that was done before the call; on the engine's own thread
    // at once.
    void settle();

    const RegistryOptions options;
    Clock& clock = real_clock();
    Hub hub;
    net::Loop loop;
    net::Environment environment;
    std::unique_ptr<engine::Engine> engine;  // used on the thread only
    Directory directory;

  private:
    void run();
    void end_alone();
    bool closed();
    void put(engine::Definition definition, const std::shared_ptr<Cell>& cell);
    std::shared_ptr<const ComponentState> first_state(std::shared_ptr<const Component> component,
                                                      const Cell* cell) const;
    void deliver(const std::shared_ptr<Cell>& cell);
    void on_result(const ComponentState& state);
    void on_transition(const Transition& transition);
    void deliver_pending();
    void forget_shown(const Snapshot& shown);  // with the mutex held
    void wake();

    std::mutex mutex_;
    bool closed_ = false;  // guarded
    // Guarded. If it is closed inside a callback, it lives until its thread has ended by itself.
    std::shared_ptr<Core> ending_;
    bool delivery_posted_ = false;  // guarded
    // Guarded; changed, not yet pushed. It has room for every state handler: growing could fail,
    // and a lost change would leave an old state.
    std::vector<std::shared_ptr<Cell>> pending_;
    std::vector<std::shared_ptr<Cell>> delivering_;       // on the thread only; being pushed
    std::size_t cells_ = 0;                               // guarded; state handlers ever added
    std::vector<std::weak_ptr<Subscriber>> subscribers_;  // guarded
    // Registered, but in no snapshot yet. Guarded; whether there are any is read without the lock.
    std::map<std::string, std::shared_ptr<const ComponentState>, std::less<>> unshown_;
    std::atomic<bool> any_unshown_{false};
    std::condition_variable changed_;
    std::atomic<int> waiting_{0};
    Decommission decommission_;  // on the thread only
    std::thread thread_;

    friend class vitals::Registry;
};

// The same limit as in the configuration file; longer ones would leave the range of the clock.
inline constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 3650);

// Throws std::invalid_argument when no component can have that name.
void check_name(std::string_view name);
void check_options(const Options& options);
engine::Definition definition_of(std::string name, std::string kind, const Options& options);

// `state change: OK -> RED "stopped"`, the form of the original system's mixin.
std::string state_change_line(std::string_view name, Status from, Status to,
                              std::string_view detail);

}  // namespace vitals::library
