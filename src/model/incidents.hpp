// The machine of incidents: from verdicts to incidents. Pure: its caller tells it the time, it does
// no I/O, and it knows no receivers. One thread at a time.
//
// An incident is one cause with all its consequences, from the first bad verdict to the last
// recovery. A component is bad at or above its `bad_from`; it is live while it is bad or flapping.
// A live component whose direct dependencies are all not live is a root. A root opens an incident;
// the bad components below the root are members of the same incident.
//
// How to drive it:
//
//     Incidents incidents(rules);
//     incidents.define(subjects, now);           // all components; again after each reload
//     incidents.restore(saved, now);             // what an earlier process saved, if any
//     at each verdict and each deadline:
//         incidents.settle(now);                 // first, if next_deadline() has passed
//         incidents.report(name, status, error_class, now);
//         IncidentChanges changes = incidents.settle(now);
//         // save what `changes` names, show it, wake again at next_deadline()
//         for each incident that closed: incidents.release(number);
//
// The first verdict of a process must be reported even if it equals the saved one: an incident
// begins or closes only when its roots have a verdict of this process. "Not run yet" is not a
// verdict and is not reported. A bad verdict should run the checks of its dependencies at once, so
// that the cause is known within `wait`.
//
// The caller releases a closed incident after the receivers were told: a failure that returns
// before that belongs to the same incident.
//
// Costs, for a component with D direct dependants, of which L are live below it: a verdict that
// changes nothing costs one look-up; a verdict that changes the component costs O(D + L) and
// logarithms of what is waiting. Nothing depends on the number of components or of open incidents.
// define() and restore() take O(components + dependencies + incidents).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals {

// vitals itself cannot look: the one pseudo-component for all components that are unknown with
// class `local`.
inline constexpr std::string_view blind_component = "vitals/blind";

struct IncidentRules {
    // Messages about a new root wait for `wait`; those about a root that its cause left behind wait
    // for `hold`. An incident closes when its roots have not been bad for `hold`.
    Steady::duration wait = std::chrono::seconds(10);
    Steady::duration hold = std::chrono::seconds(60);
    struct Flapping {
        unsigned changes = 6;  // between bad and not bad, within this time; at least 1
        Steady::duration within = std::chrono::hours(1);
        Steady::duration quiet = std::chrono::minutes(15);  // without a change: it ends
    } flapping;
    struct Storm {
        unsigned count = 5;  // so many waiting when the first is due become one; at least 2
        Steady::duration within = std::chrono::minutes(5);  // roots that follow join
    } storm;
};

// What incidents need to know of a component.
struct IncidentSubject {
    std::string name;
    std::vector<std::string> depends_on;  // names that nobody defines are ignored
    Status bad_from = Status::unknown;
    std::uint32_t audience = 0;  // the owner's number; Incident::audiences counts by it
};

struct Acknowledgement {
    System at{};
    std::string by;
    std::string reason;
    bool operator==(const Acknowledgement&) const = default;
};

// A component that is bad because of an incident's roots.
struct IncidentMember {
    Steady since{};
    std::optional<Steady> ended;
    Status worst = Status::ok;
    unsigned roots = 0;  // of the incident above it, now; derived
    bool operator==(const IncidentMember&) const = default;
};

struct Incident {
    // What is saved.
    std::uint64_t number = 0;        // never used again
    std::vector<std::string> roots;  // sorted; several in a storm
    Steady opened{};                 // the first bad verdict
    Steady due{};                    // may be told from then on
    bool waiting = true;             // `due` has not come
    bool returned = false;           // went on after it had closed
    std::optional<Steady> closed;
    std::optional<Steady> storm;  // since when it gathers what follows
    std::optional<Acknowledgement> acknowledged;
    Status worst = Status::ok;                  // of its roots, ever
    ErrorClass error_class = ErrorClass::none;  // of the verdict that opened it
    std::map<std::string, IncidentMember, std::less<>> members;

    // What is true now, derived.
    unsigned live = 0;                            // roots that are bad or flapping
    unsigned flapping = 0;                        // roots
    unsigned unmuted = 0;                         // roots
    unsigned live_unmuted = 0;                    // roots
    unsigned unjudged = 0;                        // roots without a verdict of this process
    std::array<unsigned, 4> by_severity{};        // roots
    std::map<std::uint32_t, unsigned> audiences;  // of roots and of members that are not muted
    Steady turned{};                              // when a root last turned bad or not bad
    std::optional<Steady> closes;                 // while it recovers

    // Something is wrong in it. Otherwise it recovers, and nobody is told of a problem.
    bool wrong() const noexcept { return live > 0; }
    // Every root that is live now is muted; if none is live, every root is.
    bool muted() const noexcept { return live > 0 ? live_unmuted == 0 : unmuted == 0; }
    bool judged() const noexcept { return unjudged == 0; }
    // Messages about it may be sent.
    bool ripe() const noexcept { return !waiting && judged(); }
    Status level() const noexcept;  // of its roots, now
};

struct IncidentEvent {
    enum class What : std::uint8_t {
        opened,         // by a new root; it waits
        dropped,        // before its time: its root recovered, or has a cause
        merged,         // before its time: into the storm `into`
        began,          // its time has come
        root_joined,    // a storm
        member_joined,  // is bad because of it
        member_left,
        returned,  // it had closed and goes on
        closed,
    };
    What what = What::opened;
    std::uint64_t incident = 0;
    std::string component;   // the root or member
    std::uint64_t into = 0;  // of merged
    bool operator==(const IncidentEvent&) const = default;
};

struct IncidentChanges {
    std::vector<IncidentEvent> events;     // in their order
    std::vector<std::uint64_t> incidents;  // existing ones with any change, ascending
    std::vector<std::string> components;   // whose SavedComponentVerdict changed
};

// What outlives the process. Times are of the steady clock; the code that stores them keeps them as
// wall time. restore() moves impossible times to the nearest possible instant.
struct SavedComponentVerdict {
    std::string component;
    Status level = Status::ok;  // the last verdict that was not blind
    Steady since{};             // when it last turned bad or not bad
    bool blind = false;
    bool flapping = false;
    bool explained = false;       // was bad with a live dependency
    std::vector<Steady> changes;  // those that count for flapping, ascending
    bool operator==(const SavedComponentVerdict&) const = default;
};
struct SavedIncidents {
    std::uint64_t next_number = 1;
    std::vector<SavedComponentVerdict> components;
    std::vector<Incident> incidents;  // what is derived is ignored
};

class Incidents {
  public:
    explicit Incidents(IncidentRules rules = {}) : rules_(rules) { define({}, {}); }
    Incidents(const Incidents&) = delete;
    Incidents& operator=(const Incidents&) = delete;

    // Changed rules apply from now on.
    void set_rules(const IncidentRules& rules) { rules_ = rules; }

    // All components. What is known of a name stays; a component that is gone counts as recovered.
    // A dependency that would close a circle is ignored.
    void define(std::vector<IncidentSubject> subjects, Steady now);

    // The verdict of a run. Names that are not defined are ignored.
    void report(std::string_view component, Status status, ErrorClass error_class, Steady now);

    // Changes of a muted component are not flapping.
    void set_muted(std::string_view component, bool muted);

    // False if there is no such incident, or it has closed.
    bool acknowledge(std::uint64_t number, Acknowledgement acknowledgement);

    // All receivers that must be told of its end were told. Ignored for an incident that has not
    // closed.
    void release(std::uint64_t number);

    // Judges what was reported and what is due by now, and tells what changed since the last call.
    IncidentChanges settle(Steady now);

    // When settle() has something to do without a report; Steady::max(): never. A time in the past
    // means now.
    Steady next_deadline() const;

    const Incident* find(std::uint64_t number) const;
    const std::map<std::uint64_t, Incident>& all() const noexcept { return incidents_; }
    // The incident whose root the component is, or 0.
    std::uint64_t incident_of_root(std::string_view component) const;

    SavedIncidents save() const;
    // The verdict of one component; empty if the name is not defined.
    std::optional<SavedComponentVerdict> saved(std::string_view component) const;
    // Called after define(); replaces all that is known. A root that is not defined counts as
    // recovered.
    void restore(const SavedIncidents& saved, Steady now);

  private:
    using Index = std::uint32_t;

    struct Node {
        IncidentSubject subject;
        std::vector<Index> dependencies, dependants;
        std::uint32_t rank = 0;  // greater than that of every dependency

        Status level = Status::ok;
        ErrorClass error_class = ErrorClass::none;
        Steady since{};
        bool blind = false;
        bool fresh = false;  // has a verdict of this process
        bool muted = false;
        bool flapping = false;
        bool was_explained = false;  // at the end of the last settle(), while bad
        bool gone = false;           // not defined any more, but the root of an incident
        std::vector<Steady> changes;

        bool bad = false;
        bool live = false;
        unsigned live_dependencies = 0;
        std::vector<Index> causes;         // the roots above it, while it is live; sorted
        std::vector<Index> counted_under;  // `causes` while it is a member, else empty
        std::uint64_t incident = 0;        // whose root it is
        std::optional<Steady> quiet_at;    // its entry in flapping_
        bool dirty = false;

        bool explained() const noexcept { return live_dependencies > 0; }
        bool is_root() const noexcept { return live && !explained(); }
        bool is_bad_at(Status status) const noexcept;
    };

    // What comes in.
    Node* node_of(std::string_view component);
    Incident* incident_of(const Node& node);
    void mark(Index index);
    template <class Change>
    void change(Index index, Change change);
    void set_level(Index index, Status level, ErrorClass error_class, Steady now);
    void update_live(Index index);
    void recount_blind(Steady now);
    void count_root(Incident& incident, const Node& node, int step);

    // What settle() does, in this order.
    void judge_flapping(Index index, Steady now);
    void place(Index index, Steady now);
    void count_member(Index root, Index member, bool joins, Steady now);
    std::map<Index, Steady> drop_what_is_explained();
    void open_for(Index index, std::optional<Steady> handed_due, Steady now);
    Incident* gathering_storm(Steady now);
    void attach(Index index, Incident& incident, Steady now);
    void begin_what_is_due(Steady now);
    void merge_waiting(Steady now);
    void close_what_recovered(Steady now);

    void wait_until(Incident& incident, Steady due);
    void erase(std::uint64_t number);
    void add_event(IncidentEvent::What what, std::uint64_t incident, std::string component = {},
                   std::uint64_t into = 0);

    // Derives everything again, after define() and restore().
    void rebuild(std::vector<Node> nodes, Steady now);
    void link_dependencies();
    void derive_incidents(Steady now);

    IncidentRules rules_;
    std::vector<Node> nodes_;                              // by name, the blind one last
    std::unordered_map<std::string_view, Index> by_name_;  // their names
    unsigned blind_count_ = 0;
    unsigned blind_unjudged_ = 0;

    std::map<std::uint64_t, Incident> incidents_;
    std::uint64_t next_number_ = 1;
    unsigned untold_ = 0;                // incidents that wait for the first time
    std::vector<std::uint64_t> storms_;  // that may still gather, ascending

    std::set<std::pair<Steady, std::uint64_t>> due_;         // incidents that wait
    std::set<std::pair<Steady, std::uint64_t>> recovering_;  // incidents, by `closes`
    std::set<std::pair<Steady, Index>> flapping_;            // components, by `quiet_at`

    std::vector<Index> quiet_already_;  // components that flap, for the next settle()

    std::vector<Index> dirty_;                             // nodes with any change
    std::set<std::pair<std::uint32_t, Index>> misplaced_;  // nodes whose causes may differ, by rank
    std::set<std::uint64_t> touched_;                      // incidents with any change
    std::vector<IncidentEvent> events_;
};

}  // namespace vitals
