// The policy of alerts: who is told what, when, and how often. Pure: time is an argument, and it
// does no I/O. It uses the machine of incidents (model/incidents.hpp) and drives it. One thread at
// a time.
//
// It works by levels, not by edges: after every event and timer, it compares what each receiver
// should have been told with what it was told. A message has three fates: delivered, surely not
// delivered, perhaps delivered. A message that surely was not sent is replaced by the present
// state. A message that perhaps arrived is sent again with the same key.
//
// How to drive it:
//
//     Incidents incidents;
//     Policy policy(incidents, settings, components, now);   // defines the components there
//     incidents.restore(...); policy.restore(..., now);      // of an earlier process, if any
//     at each verdict and each deadline:
//         policy.settle(now, wall);       // first, if next_deadline() has passed
//         incidents.report(name, status, error_class, now);
//         Decisions decisions = policy.settle(now, wall);    // instead of incidents.settle()
//         // save what it names, in one transaction
//         while (auto message = policy.take(now, wall)) {
//             // save that it was tried, then send it
//             policy.ended(*message, fate, now);             // then or later; save its case
//         }
//
// `now` is monotonic and decides all durations; `wall` decides silences, maintenance and hours. The
// policy releases closed incidents when every receiver was told.
//
// Costs: settle() takes time for the incidents that changed or are due, each with its receivers and
// the steps of its rules. It takes no time for others, however many are open.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "alerts/hours.hpp"
#include "alerts/mutes.hpp"
#include "model/incidents.hpp"
#include "model/rate.hpp"
#include "model/selector.hpp"

namespace vitals::alerts {

// A step of a ladder: which receivers are told this long after the incident may first be told.
struct Step {
    Steady::duration after{};
    std::vector<std::string> to;
};

// The first rule that matches a component is its rule; a component without a rule is not told.
struct Rule {
    Selector match;
    std::optional<bool> critical;  // only components that are, or that are not
    Status from = Status::unknown;
    std::vector<Step> steps;
    std::optional<Steady::duration> remind;  // after a receiver's last message
};

struct Fallback {
    std::string to;
    Steady::duration after{};  // a message is older in the queue, or refused for good
};

struct Receiver {
    std::string name;
    bool keeps_state = false;  // keeps an open incident: its resolve passes a silence
    std::optional<Hours> hours;
    std::optional<Fallback> fallback;
    // How many messages may be sent within a time. A further message waits, and is replaced by the
    // present state meanwhile. None: no limit.
    std::optional<Rate> at_most;
};

struct Settings {
    IncidentRules incidents;
    std::vector<Receiver> receivers;
    std::vector<Rule> rules;
    std::vector<Mute> mutes;
    // The components of which several vitals tell the same receivers; null: none. Their incidents
    // become no storm with those of others, and numbers of their messages that never left are used
    // again: so that all of them number alike.
    std::function<bool(const std::string& component)> shares{};
};

// The rules if none are given: every critical component to every receiver.
std::vector<Rule> rules_by_default(const std::vector<Receiver>& receivers);

// What a receiver was last told of an incident.
enum class State : std::uint8_t { nothing, problem, flapping, resolved };

enum class Kind : std::uint8_t { problem, flapping, steady, worse, reminder, resolved, missed };
std::string_view to_string(Kind kind) noexcept;
// The kind of a message to a receiver that knows nothing.
Kind change_to(State state);

struct Message {
    std::uint64_t incident = 0;
    std::string receiver;
    unsigned serial = 0;  // of (incident, receiver), from 1
    Kind kind = Kind::problem;
    State state = State::problem;  // what the receiver knows once it has this message
    Status level = Status::ok;
    std::optional<Status> level_was;  // of worse: what the receiver was told before
    Steady decided{};
    std::vector<std::string> cause;  // the incident's roots then
    bool tried = false;              // perhaps delivered
    bool rejected = false;           // refused for good: the receiver's configuration is wrong
    bool operator==(const Message&) const = default;
};

// The same for every attempt: `STORE-INCIDENT-RECEIVER-SERIAL`.
std::string message_key(std::string_view store, const Message& message);

struct Told {
    std::string receiver;
    State state = State::nothing;  // decided
    Status level = Status::ok;     // the worst told
    Steady last{};                 // the latest message was decided
    unsigned serial = 0;           // of the latest message
    bool nudge = false;            // must be told, even if nothing changed
    State sure = State::nothing;   // what it certainly knows
    std::vector<Message> queue;    // at most one that was tried, then one that was not
    bool operator==(const Told&) const = default;

    bool is_told() const noexcept { return state == State::problem || state == State::flapping; }
};

// An incident, as far as messages are concerned. All of it outlives the process, except derived
// members.
struct Case {
    std::uint64_t incident = 0;
    Steady ladder_from{};  // its steps count from here
    bool muted = false;
    std::vector<Told> told;                // in the order in which they were first due
    Steady next = Steady::max();           // may have a message then; derived
    bool resolve_if_without_rule = false;  // after a reload; not saved
};

struct Decisions {
    IncidentChanges incidents;
    std::vector<std::uint64_t> cases;      // that changed, ascending
    std::vector<std::uint64_t> forgotten;  // closed incidents of which every receiver was told
    std::vector<Message> queued;           // new; the messages that they replace are in no queue
};

enum class Fate : std::uint8_t {
    delivered,
    refused,   // surely not delivered, may be tried again
    doubtful,  // perhaps delivered
    rejected,  // refused for good: tried again hourly
};

struct QueueFigures {
    std::string receiver;
    std::size_t messages = 0;
    std::optional<Steady> oldest;  // decided
    bool rejecting = false;
};

class Policy {
  public:
    // Defines the components in `incidents`, which must live longer.
    Policy(Incidents& incidents, Settings settings, Components components, Steady now);

    // Sets other rules, receivers or components from now on. Removed receivers are told nothing
    // more. If no rule matches an incident any more, the receivers that were told get its
    // resolution.
    void reload(Settings settings, Components components, Steady now);

    const std::map<std::uint64_t, Case>& cases() const noexcept { return cases_; }
    // Of incidents that `incidents` knows; others are ignored.
    void restore(const std::vector<Case>& saved, Steady now);

    Mutes& mutes() noexcept { return mutes_; }  // a change counts from the next settle()

    // Decides which receivers must be told what, now.
    Decisions settle(Steady now, System wall);
    // When settle() or take() has something to do without a report; Steady::max(): never.
    Steady next_deadline(Steady now, System wall) const;

    // The next message that may leave now, of the oldest incident first; or none. It counts as
    // tried, and its receiver as busy, until ended() is called. `may`: whether others have no
    // objection; null: nobody is asked.
    using May = std::function<bool(const Message&)>;
    std::optional<Message> take(Steady now, System wall, const May& may = nullptr);
    // `retry_after`: what the receiver asked for; it only ever delays, by an hour at most.
    void ended(const Message& message, Fate fate, Steady now,
               std::optional<Steady::duration> retry_after = std::nullopt);

    // Instead of ended(): it was not sent, and no side failed. It waits as before.
    void not_sent(const Message& message);
    // Another vitals has told the receiver so; a message that waited here is compared with that.
    // False: nothing new, or a message of this vitals to that receiver is on its way.
    bool heard(std::uint64_t incident, std::string_view receiver, State state, Status level,
               unsigned serial, Steady now);

    // The number of the latest message that the receiver has, perhaps.
    unsigned last_told(std::uint64_t incident, std::string_view receiver) const;

    // The incident goes on as another one, of which nobody was told.
    void forget_told(std::uint64_t incident);

    std::vector<QueueFigures> queues() const;

    // Which receivers will be told of the incident while nothing changes: at each further step
    // those that were not told yet, and the reminders of the others. The earliest first; for each
    // receiver only the next.
    struct Next {
        Steady at{};
        std::string receiver;
        bool reminder = false;
        auto operator<=>(const Next&) const = default;
    };
    std::vector<Next> next_of(std::uint64_t incident, Steady now) const;

  private:
    using Numbers = std::set<std::uint64_t>;

    struct CompiledStep {
        Steady::duration after;
        std::vector<std::size_t> to;
    };
    struct CompiledRule {
        std::vector<CompiledStep> steps;
        std::optional<Steady::duration> remind;
    };
    struct ReceiverState {
        bool quiet = false;
        bool rejecting = false;
        Steady retry_at = Steady::min();
        std::deque<Steady> left;  // when messages were sent lately, as far as a rate counts them
        unsigned failures = 0;    // attempts since the last success
        Numbers queued;           // incidents
        std::map<std::uint64_t, bool> in_flight;  // incidents; perhaps delivered before
    };

    std::size_t receiver_of(std::string_view name) const;   // or receivers_.size()
    std::size_t rule_of(const Component& component) const;  // from 1; 0: none
    void compile();
    void refresh(System wall);
    bool has_steps(const Incident& incident) const;
    bool may_hear_of_the_end(const Incident& incident, const Told& told) const;
    void tell(std::uint64_t number, Steady now);
    void tell_problem(const Incident& incident, Case& known, Steady now);
    std::vector<std::size_t> due_receivers(const Incident& incident, const Case& known,
                                           Steady now) const;
    Told& told_of(Case& known, std::size_t receiver);
    void emit(const Incident& incident, Case& known, Told& told, Kind kind, State state,
              Status level, Steady now);
    std::optional<Steady::duration> remind_after(const Incident& incident) const;
    void schedule(const Incident& incident, Case& known, Steady now);
    Steady next_by_rate(std::size_t receiver) const;
    void set_queued(const Told& told, std::uint64_t incident);
    bool may_leave(const Incident& incident, const Told& told) const;
    bool is_shared(const Incident& incident) const;
    void forget_if_heard(std::uint64_t number);
    void forget(std::uint64_t number);

    Incidents& incidents_;
    Settings settings_;
    Components components_;  // vitals/blind among them
    std::vector<CompiledRule> rules_;
    std::vector<ReceiverState> receivers_;  // as settings_.receivers
    Mutes mutes_;
    System next_hours_ = System::min();  // when a receiver's hours may begin or end
    System hours_checked_ = System::min();
    bool reloaded_ = true;  // mutes and hours were not evaluated yet

    std::map<std::uint64_t, Case> cases_;
    std::set<std::pair<Steady, std::uint64_t>> timers_;  // cases, by `next`
    Numbers dirty_;                                      // cases that must be evaluated
    Numbers changed_;
    std::vector<std::uint64_t> forgotten_;
    std::vector<Message> queued_;
};

}  // namespace vitals::alerts
