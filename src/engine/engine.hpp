// When checks run: schedule, deadlines, single flight, thresholds, freshness, publishing. The
// engine turns outcomes into snapshots; what a check does it does not know. Everything here is
// called on the loop's thread; readers of the hub may be anywhere.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hub.hpp"
#include "engine/run.hpp"
#include "model/clock.hpp"
#include "model/judge.hpp"
#include "net/awaitable.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/log.hpp"

namespace vitals::engine {

// A component as it is to be watched.
struct Definition {
    Component component;
    Policy policy;
    Run run;                                       // null: pushed
    std::optional<std::chrono::milliseconds> ttl;  // pushed: silent longer is failed; none: holds
    // Equal text means: the same definition; its state is kept by configure().
    std::string fingerprint;
    // Named by what: a configured component, or one that was created by a push.
    bool dynamic = false;
};

struct Transition {
    std::string component;
    Status from = Status::unknown;
    Status to = Status::unknown;
    std::string detail;
    System at{};
};

class Engine {
  public:
    using Done = std::function<void(std::shared_ptr<const ComponentState>)>;

    Engine(net::Environment& environment, Clock& clock, Hub& hub, Log log, Service service);
    ~Engine();  // cancels all runs; does not wait for hung calls
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Watches exactly these from now on. Components whose fingerprint did not change keep their
    // state and schedule; dynamic ones stay. First runs come within a second, later ones are
    // spread.
    void configure(std::vector<Definition> definitions);
    void add(Definition definition);     // replaces one of that name
    bool remove(std::string_view name);  // false: no such component

    // A fresh run, or a share in the one under way. `done` is called with the state after it, or
    // with null when the component is unknown or goes away first. Pushed ones answer at once.
    void run_now(std::string_view name, Done done);
    // Takes a pushed result. False: unknown component, or one that is not pushed.
    bool push(std::string_view name, Outcome outcome,
              std::optional<std::chrono::milliseconds> ttl = {});
    // What a part of vitals says of itself (`store`: component vitals/store).
    void report_own(std::string_view name, Outcome outcome);

    // Publishes what has changed at once, not with the next of at most a hundred a second.
    void publish_now();
    void decommission(Decommission decommission);
    void set_service(Service service);
    void set_workers(std::vector<std::shared_ptr<const WorkerGroup>> workers);
    void on_transition(std::function<void(const Transition&)> listener);
    void on_result(std::function<void(const ComponentState&)> listener);  // every new state
    bool started() const;  // every component has had a first result

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vitals::engine
