// Runs one component by its schedule: at most one run at a time, each with its deadline. A call
// that hangs past its deadline is seen again at each turn, but never repeated. The meaning of
// outcomes is not decided here. Used on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/runs.hpp"
#include "engine/schedule.hpp"
#include "model/clock.hpp"
#include "model/judge.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

class Runner {
  public:
    using State = std::shared_ptr<const ComponentState>;
    using Done = std::function<void(State)>;
    struct Owner {
        struct Taken {
            Pace wanted;  // when the next run is due
            State state;  // after it
        };
        std::function<Taken(Outcome)> take;  // result of a run, or of a turn of a hung one
        std::function<void(const Schedule::Wake&)> woke;  // at each turn
        // Whether descriptors are left for a run; null: nobody is asked. A run that may not begin
        // is `unknown`.
        std::function<bool()> may_begin{};
    };

    // Runs are carried out on the environment's loop, or on a shard.
    Runner(net::Environment& environment, Clock& clock, std::shared_ptr<const Component> component,
           const Policy& policy, Run run, Owner owner, Shard* shard = nullptr);
    ~Runner();  // cancels the run; does not wait for a hung call

    // The first run comes within `spread`.
    void start(Steady::duration spread);
    // A new run, or a share in the present one; `done` gets the state after it. `done` may destroy
    // this.
    void run_now(Done done);
    // The same component and run, described anew and with fresher secrets. What runs have kept so
    // far, or the present one will keep, was made with older secrets.
    void replace(std::shared_ptr<const Component> component, Run run);
    // Waiting callers are told that no result comes.
    void dismiss();
    // If memory is too short to arm a tick, it would be the last.
    void rearm_if_due_before(Steady lost);

    bool running() const;
    bool hung() const;  // past its deadline, and it cannot be stopped

  private:
    void arm();
    void wake();
    void meet_hung(const Schedule::Wake& woken, Steady now);
    void begin();
    void ended();
    void take(Outcome outcome);
    void follow(Pace wanted);

    Clock& clock_;
    Owner owner_;
    Schedule schedule_;
    net::Timer timer_;
    Steady began_{};            // the latest run, or what counts as one
    bool due_again_ = false;    // a tick came while the former run was about to end
    bool quarantined_ = false;  // the present call was seen again after its deadline
    std::vector<Done> waiting_;
    std::unique_ptr<Runs> runs_;
};

}  // namespace vitals::engine
