// What vitals does about a failed component (`on_failed`), and the brake. Pure: time is an
// argument. It runs nothing; it decides when a program of the operator runs.
//
// A program runs once when its component has failed, and again only after `again_after` while the
// component is still failed. The brake counts every run, whatever its result: at most `at_most`,
// also across a restart of vitals. The owner decides which components may be acted for: not those
// with another cause, and not those that people work on.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/rate.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::alerts {

// `on_failed` of a component.
struct OnFailed {
    std::vector<std::string> run;  // the program and its arguments
    Rate at_most;
    Steady::duration timeout = std::chrono::minutes(1);
    Steady::duration again_after = std::chrono::minutes(5);
    bool operator==(const OnFailed&) const = default;
};

// What is known of a component's actions. It outlives the process.
struct ActionState {
    std::string component;
    std::vector<Steady> begun;  // that the brake counts, ascending
    bool acted = false;         // since it turned failed
    bool held = false;          // that the brake holds was said
    bool under_way = false;
    std::string end;     // of the latest: `exit code 0`
    std::string output;  // of the latest, bounded; private
    bool operator==(const ActionState&) const = default;
};

// How a program ended.
struct ActionEnd {
    std::string said;  // `exit code 1`, in public words
    std::string output;
};

class Actions {
  public:
    struct Decisions {
        std::vector<std::string> run;      // save these, then run their programs
        std::vector<std::string> held;     // the brake holds: reported once
        std::vector<std::string> changed;  // the states of these must be saved
    };

    // Replaces the rules. What is known of a component without a rule is forgotten.
    std::vector<std::string> configure(std::map<std::string, OnFailed, std::less<>> rules);
    // The state of an earlier process; false: a program of it was running, and its end is not
    // known.
    bool restore(ActionState state);

    // True: the state must be saved.
    bool judged(std::string_view component, Status status);
    // A program ended, or it could not be run.
    void ended(std::string_view component, ActionEnd end);

    // `may_act` is asked only for due actions.
    Decisions settle(Steady now, const std::function<bool(const std::string&)>& may_act);
    // When settle() has something to do even if nothing else happens; Steady::max(): never.
    Steady next_deadline(Steady now) const;

    const OnFailed* rule_of(std::string_view component) const;
    // Null: nothing is known yet.
    const ActionState* find(std::string_view component) const;
    const std::map<std::string, ActionState, std::less<>>& all() const noexcept { return states_; }
    // While the brake holds: its end.
    std::optional<Steady> held_until(std::string_view component, Steady now) const;

  private:
    static Steady brake_ends(const OnFailed& rule, const ActionState& state);

    std::map<std::string, OnFailed, std::less<>> rules_;
    std::map<std::string, ActionState, std::less<>> states_;
    std::set<std::string, std::less<>> failed_;  // components with a rule
};

}  // namespace vitals::alerts
