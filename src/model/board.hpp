// What people see beside the snapshot: incidents with their notes, silences and maintenances, and
// the latest events. Immutable. The engine's thread publishes it through the hub (model/hub.hpp),
// and any thread may read it. Its times are for show: they are those of the engine's time line.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/incidents.hpp"
#include "vitals/snapshot.hpp"

namespace vitals {

// How far people are with an incident, as the last note says.
enum class NoteState : std::uint8_t { investigating, identified, monitoring, resolved };
std::string_view to_string(NoteState state) noexcept;
std::optional<NoteState> note_state_of(std::string_view word) noexcept;

// What a person wrote about an incident.
struct Note {
    std::uint64_t id = 0;  // ascending, never used again
    std::uint64_t incident = 0;
    System at{};
    std::string by;
    NoteState state = NoteState::investigating;
    bool is_public = false;  // shown on /public
    std::string text;
    bool operator==(const Note&) const = default;
};

// Something that happened: an entry of "what changed", and an event of GET /v1/events.
struct Happening {
    enum class What : std::uint8_t {
        transition,  // `from`, `to`
        incident_opened,
        incident_closed,
        acknowledged,
        note,
        silenced,  // a silence or a maintenance began
        unsilenced,
        decommissioned,
        recommissioned,
        reloaded,   // the configuration; `text` is its difference
        announced,  // by a pipeline: POST /v1/events
        alerted,    // a message was delivered to a receiver
        started,    // vitals
        noticed,    // by vitals: another certificate, another address
        acted,      // vitals ran the program of `on_failed`, it ended, or its brake holds
    };
    std::uint64_t id = 0;  // ascending; of the event stream
    System at{};
    What what = What::transition;
    std::string component;  // or empty
    std::uint64_t incident = 0;
    Status from = Status::unknown, to = Status::unknown;
    std::string text;  // one line; for a transition the public detail
    std::string by;    // who did it, if a person or a program did
    bool operator==(const Happening&) const = default;
};
std::string_view to_string(Happening::What what) noexcept;

// What a receiver was told of an incident, and what is on its way.
struct Delivery {
    enum class State : std::uint8_t { queued, in_doubt, delivered, refused };
    std::string receiver;
    std::string kind;  // problem, reminder, ...
    System at{};       // decided; once it is delivered, when it was
    unsigned attempts = 0;
    State state = State::queued;
    std::string problem;  // of the last attempt; private
    bool operator==(const Delivery&) const = default;
};
std::string_view to_string(Delivery::State state) noexcept;

struct IncidentRecord {
    struct Member {
        std::string component;
        System since{};
        std::optional<System> ended;
        Status worst = Status::unknown;
        bool operator==(const Member&) const = default;
    };

    std::uint64_t number = 0;
    std::string id;  // `STORE-NUMBER`: of its address /i/ID, and of the messages' keys
    // The name of the incident in messages; empty: its id. Two vitals that watch each other use the
    // same name.
    std::string key;
    std::vector<std::string> roots;
    std::string title;  // what the verdict that opened it says: public
    std::string error;  // the same for who may read it
    System opened{};
    System due{};  // messages may be sent from then on
    std::optional<System> closed;
    bool waiting = false;   // `due` has not come
    bool flapping = false;  // a root of it
    bool muted = false;     // all of its roots that are bad
    bool storm = false;
    Status level = Status::unknown;  // of its roots, now
    Status worst = Status::unknown;  // ever
    ErrorClass error_class = ErrorClass::none;
    std::optional<Acknowledgement> acknowledged;
    std::vector<Member> members;  // consequences, by name; its roots are not among them
    std::vector<Note> notes;      // oldest first
    std::vector<Delivery> told;
    // Which receivers are told next while nothing changes, and when; the earliest first.
    struct Next {
        std::string receiver;
        System at{};
        bool reminder = false;  // else a further step
        bool operator==(const Next&) const = default;
    };
    std::vector<Next> next;
    std::vector<Happening> before;   // what else changed in the minutes before it, oldest first
    std::vector<Happening> actions;  // what vitals did about it (`on_failed`), oldest first
    bool operator==(const IncidentRecord&) const = default;

    NoteState state() const noexcept {
        return closed || notes.empty() ? (closed ? NoteState::resolved : NoteState::investigating)
                                       : notes.back().state;
    }
};

// A silence or a maintenance.
struct ShownMute {
    std::string id;
    bool maintenance = false;
    std::vector<std::string> match;  // the selector's patterns
    std::optional<System> from;      // nothing: from the beginning
    std::optional<System> until;     // nothing: until it is ended
    std::string hours;               // `sun 02:00-04:00 Europe/Berlin`, or empty
    std::string by;
    std::string reason;
    bool configured = false;  // stands in the configuration, and goes with it
    bool active = false;
    bool operator==(const ShownMute&) const = default;
};

// The action of a component that failed (`on_failed`).
struct ShownAction {
    std::string program;   // without its arguments: one of them may be a secret
    std::string at_most;   // `3 per 1h`
    std::size_t runs = 0;  // how many the brake counts now
    bool under_way = false;
    std::optional<System> last;        // the latest began
    std::string end;                   // of the latest
    std::string output;                // of the latest; private
    std::optional<System> held_until;  // by the brake
    bool operator==(const ShownAction&) const = default;
};
// In a sentence.
std::string to_string(const ShownAction& action);

struct Board {
    std::uint64_t version = 0;
    // Open ones first, then those that closed lately, newest first in both.
    std::vector<std::shared_ptr<const IncidentRecord>> incidents;
    std::vector<ShownMute> mutes;
    // The mute that applies now: the component, and the index in `mutes`; a maintenance wins.
    std::map<std::string, std::size_t, std::less<>> muted;
    std::map<std::string, ShownAction, std::less<>> actions;   // by component
    std::vector<std::string> flapping;                         // components, by name
    std::vector<std::shared_ptr<const Happening>> happenings;  // the latest, newest first
    System taken_at{};

    // By its id, or null. The history has older ones.
    const IncidentRecord* find(std::string_view id) const noexcept;
    // The open incident whose root or member the component is, or null.
    const IncidentRecord* incident_of(std::string_view component) const noexcept;
    const ShownMute* mute_of(std::string_view component) const noexcept;
};

}  // namespace vitals
