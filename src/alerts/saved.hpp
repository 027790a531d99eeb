// What outlives the process of incidents and alerts, as texts: one JSON object each. A member that
// an older vitals did not know has its default; a damaged text is nothing. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alerts/actions.hpp"
#include "alerts/mutes.hpp"
#include "alerts/policy.hpp"
#include "model/board.hpp"
#include "model/selector.hpp"
#include "model/uptime.hpp"

namespace vitals::alerts {

// The two clocks at one moment. Saved times are wall time: they outlive the monotonic clock.
struct Moment {
    System wall{};
    Steady now{};
    System wall_at(Steady time) const noexcept;
    Steady steady_at(System time) const noexcept;  // never later than `now` + 400 days
};

// Numbers that are never used twice.
struct Counters {
    std::string store;  // four random bytes of this state directory, as eight hexadecimal digits
    std::uint64_t next_incident = 1;
    std::uint64_t next_note = 1;
    std::uint64_t next_mute = 1;
    std::string link_key;  // only from an older vitals: it has its own file now
    bool operator==(const Counters&) const = default;
};

// A period in which components were in maintenance; also after the maintenance itself was
// forgotten.
struct MaintenanceSpan {
    std::vector<std::string> match;
    System from{};
    std::optional<System> until;  // nothing: it goes on
    bool operator==(const MaintenanceSpan&) const = default;
};

// When the component was in maintenance between these moments; merged.
template <class Spans>
std::vector<Stretch> stretches_of(const Spans& spans, const Component& component, System from,
                                  System to) {
    std::vector<Stretch> stretches;
    for (const MaintenanceSpan& span : spans) {
        const Stretch stretch{std::max(span.from, from), std::min(span.until.value_or(to), to)};
        if (stretch.from < stretch.to && Selector(span.match).takes(component))
            stretches.push_back(stretch);
    }
    return merged(std::move(stretches));
}

// What one of several vitals that tell the same told.
struct PeerTold {
    std::string key;        // of the incident, the same everywhere
    std::string component;  // the root that it is called by
    bool open = false;      // the incident
    std::string receiver;   // empty: nobody was told yet
    State state = State::nothing;
    Status level = Status::ok;
    unsigned serial = 0;
    bool wrong = false;  // something in it is; else it recovers. Not saved
    bool storm = false;  // not saved
    bool operator==(const PeerTold&) const = default;
};

// For a component, for the names of its incidents: how many there were, and of which the end was
// told.
struct PairCount {
    std::string component;
    std::uint64_t count = 0;
    std::vector<PeerTold> ends;  // newest first
    bool operator==(const PairCount&) const = default;
};

template <class T>
std::string saved_text(const T& value, const Moment& moment);
template <class T>
std::optional<T> restored(std::string_view text, const Moment& moment);

#define VITALS_SAVED(type)                                                    \
    extern template std::string saved_text<type>(const type&, const Moment&); \
    extern template std::optional<type> restored<type>(std::string_view, const Moment&);
VITALS_SAVED(Counters)
VITALS_SAVED(SavedComponentVerdict)
VITALS_SAVED(Incident)
VITALS_SAVED(Case)
VITALS_SAVED(Mute)
VITALS_SAVED(ActionState)
VITALS_SAVED(PairCount)
VITALS_SAVED(MaintenanceSpan)
VITALS_SAVED(IncidentRecord)
VITALS_SAVED(Happening)
#undef VITALS_SAVED

}  // namespace vitals::alerts
