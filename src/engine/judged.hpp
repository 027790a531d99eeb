// The judgement of one component: thresholds, slow runs, freshness, and since when it has its
// status. The only place where an outcome becomes a state. Pure: time is an argument.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/memory.hpp"
#include "model/judge.hpp"
#include "model/remembered.hpp"
#include "model/transition.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

// A good run that took longer than `slow_above` is degraded, and its detail says so.
void judge_duration(Outcome& outcome, const Policy& policy);

// The line of the log about a change.
std::string transition_line(const Transition& transition);

class Judged {
  public:
    // Not run yet; `now` is the time on the wall.
    Judged(std::shared_ptr<const Component> component, System now);

    const std::shared_ptr<const ComponentState>& state() const noexcept { return state_; }
    // Its status before this process or definition, until its first verdict; then, or if there
    // was none, null.
    const RememberedComponent* before() const noexcept { return before_.get(); }

    struct Verdict {
        Pace wanted = Pace::usual;      // when the next run is due
        Status from = Status::unknown;  // its former status, also from an earlier process
        bool changed = false;
        bool first = false;    // the first result in this process
        bool resumed = false;  // it continues its status of an earlier process
        Steady began{};        // the first of the runs in a row with the present status
        // For a change: how long the former status lasted; for a return to ok, how long it was not
        // ok. Zero: not known.
        System::duration lasted{};
    };
    // One more outcome. Its result is fresh for `valid_for`, else as long as the policy says.
    Verdict take(Outcome outcome, const Policy& policy, Steady now, System wall,
                 std::optional<Steady::duration> valid_for = {});

    // The latest result says more, or holds longer. False: there is none yet, or it has another
    // status, which only take() may judge.
    bool amend(Outcome outcome, const Policy& policy, Steady valid_until);

    // Its former status. Only the first result tells whether it is still the same: a component that
    // was down recovers by its thresholds, also across a restart. Must not be called after a
    // result.
    void resume(RememberedComponent before);
    // A pushed state that is restored.
    void resume(TakenUp taken);

    // The same component, as another configuration describes it.
    void describe(std::shared_ptr<const Component> component);
    void set_since(System since);
    void set_valid_until(Steady until);

  private:
    std::shared_ptr<const ComponentState> state_;
    Judgement judgement_;
    Steady streak_began_{};  // of runs that found the same
    std::unique_ptr<const RememberedComponent> before_;
    System not_ok_since_{};  // zero: it is ok, or was never looked at
};

}  // namespace vitals::engine
