// When checks run: schedule, deadlines, one run at a time, thresholds, freshness, publishing. The
// engine turns outcomes into snapshots; it does not know what a check does. Everything here is
// called on the loop's thread; readers of the hub may be anywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/definition.hpp"
#include "engine/shard.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"
#include "model/remembered.hpp"
#include "model/transition.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/log.hpp"

namespace vitals::engine {

class Engine {
  public:
    using Done = std::function<void(std::shared_ptr<const ComponentState>)>;

    Engine(net::Environment& environment, Clock& clock, Hub& hub, Log log, Service service);
    ~Engine();  // cancels all runs; does not wait for hung calls
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // From now on the runs take place on so many threads, each with an environment of its own, and
    // are only judged here. Call it before the first configure(). Throws std::system_error: there
    // is no thread.
    void use_shards(std::size_t count, const Shard::MakeEnvironment& make);

    // What an earlier process kept, `away` ago. Call it before the first configure(), which uses
    // it; components that a push created exist at once. From here on changes() has something to
    // tell.
    void restore(std::vector<RememberedComponent> remembered, Steady::duration away);
    // Sets the components. Those whose fingerprint did not change keep their state and schedule.
    // Others keep what was pushed to them, and `since` if their status is the same. Dynamic ones
    // stay. First runs come within a second, later ones are spread.
    void configure(std::vector<Definition> definitions);
    void add(Definition definition);     // replaces one of that name
    bool remove(std::string_view name);  // false: no such component
    // The component of that name, or null. Valid until the next change of definitions.
    const Definition* find(std::string_view name) const;
    std::vector<std::string_view> names() const;
    std::size_t dynamic() const;  // how many of them there are
    // All components, by name, and their present state; null if there is none of that name.
    std::vector<std::shared_ptr<const Component>> components() const;
    const ComponentState* state(std::string_view name) const;
    const std::vector<std::shared_ptr<const WorkerGroup>>& workers() const;
    std::uint64_t generation() const;  // grows when a definition changes

    // What must be kept and has changed since the last call, and which components are gone since
    // then; the latter come first.
    struct Changes {
        std::vector<std::string> gone;
        std::vector<RememberedComponent> now;
    };
    Changes changes();
    void all_changed();  // what was kept is lost

    // A new run, or a share in the present one. `done` is called with the state after it, or with
    // null when the component is unknown or goes away first. Pushed ones answer at once.
    void run_now(std::string_view name, Done done);
    // Takes a pushed result. It holds for its own `ttl`, else for that of the component; a dynamic
    // component takes over the ttl. `age`: so long ago it was pushed to another vitals. False: the
    // component is unknown or not pushed.
    bool push(std::string_view name, Outcome outcome,
              std::optional<std::chrono::milliseconds> ttl = {}, Steady::duration age = {});
    // A result of a component that is `reported`. It is fresh until then, else as its policy says.
    // False: there is none of that name.
    bool report(std::string_view name, Outcome outcome, std::optional<Steady> valid_until = {});
    // The latest report, in other words or for longer; it is not a further run. False: there is
    // none with that status.
    bool amend(std::string_view name, Outcome outcome, Steady valid_until);
    // What it means that nobody pushes a component any more, asked before it turns failed for that:
    // this outcome instead, or that it is asked again then, and holds until then.
    struct Silence {
        std::optional<Outcome> instead;
        std::optional<Steady> again_at;
    };
    void on_silence(std::function<Silence(const std::string& component)> judge);
    // What a part of vitals reports of itself (`store`: component vitals/store).
    void report_own(std::string_view name, Outcome outcome);

    void changed();  // a publication is waiting
    // Publishes changes at once, and not with the next of at most a hundred publications a second.
    void publish_now();
    // Calls back as soon as a snapshot shows all that was done before this call. This is soon. Many
    // calls share one snapshot, because publishing may take only about half of the time.
    void when_published(std::function<void()> done);
    // Called first when a snapshot is made: reports made then are in it.
    void before_publishing(std::function<void()> prepare);
    void decommission(Decommission decommission);
    void set_service(Service service);
    void set_workers(std::vector<std::shared_ptr<const WorkerGroup>> workers, Steady valid_until);
    void on_transition(std::function<void(const Transition&)> listener);
    void on_result(std::function<void(const ComponentState&)> listener);  // every new state

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vitals::engine
