// The seam through which requests change something, and what they may change.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoints/fleet_control.hpp"
#include "endpoints/peer_exchange.hpp"
#include "http/response.hpp"
#include "model/board.hpp"
#include "model/happenings.hpp"
#include "model/objective.hpp"
#include "model/past.hpp"
#include "model/pushed.hpp"
#include "model/responses.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::endpoints {

// A component of the configuration. The digest changes when its definition does, except for
// secrets: a reader of the digest could test guesses of a secret.
struct Definition {
    std::string component, kind, digest;
};
using Definitions = std::vector<Definition>;

// What a reload has done, with names in their order. Or what is wrong with the new configuration,
// one line for each; then nothing was done.
struct ReloadResult {
    std::vector<std::string> problems;
    std::vector<std::string> added, changed, removed;  // components
    std::vector<std::string> waiting;                  // sections that take effect with a restart
};

// The result of a change that a person made. An acknowledged change is on the board, and in every
// answer to a later request.
struct Changed {
    std::string problem;   // in one sentence; nothing was done
    bool unknown = false;  // there is no such incident, silence, component: with a problem
    bool over = false;     // the incident has closed: with a problem
    bool durable = true;   // it is on disk
    std::string id;        // of what was made: a note, a silence
};

// What the token of a message's link says.
struct ActLink {
    std::string incident;  // its id
    std::string receiver;  // the receiver of that message
    bool expired = false;
};

// Changes that people make. As in Control: called on a serving thread, without blocking; the
// callbacks may come from any thread. `by` is the author as it is shown, never empty.
struct People {
    using Done = std::function<void(Changed)>;
    // Acknowledges an open incident, by its id; acknowledging again replaces the reason.
    std::function<void(std::string id, std::string by, std::string reason, Done)> acknowledge;
    std::function<void(std::string id, std::string by, NoteState state, bool is_public,
                       std::string text, Done)>
        note;
    struct NewMute {
        bool maintenance = false;
        std::vector<std::string> match;  // patterns of a selector
        std::optional<System> from;      // nothing: now
        System until{};
        std::string by;
        std::string reason;
    };
    std::function<void(NewMute, Done)> mute;
    std::function<void(std::string id, std::string by, Done)> end_mute;
    // A pipeline reports what it did; the component is optional.
    std::function<void(std::string component, std::string text, std::string by, Done)> announce;
    // At once: what this token says; nothing if vitals did not sign it. Null: links are off.
    std::function<std::optional<ActLink>(std::string_view token)> act_link;
    // Sends a test message to each address of a receiver.
    std::function<void(std::string receiver, Done)> test_receiver;
    // What the other one of two vitals says; null: there is no other.
    std::function<void(PeerExchange, std::function<void(std::optional<PeerExchange>)>)> peer;
    // An incident by its id, also one that closed long ago. Null: there is none. Nothing: it cannot
    // be read.
    using Incident = std::shared_ptr<const IncidentRecord>;
    std::function<void(std::string id, std::function<void(std::optional<Incident>)>)> incident;
    // Newest first, with a number below `before`; only those of the component, if one is given.
    std::function<void(std::string component, std::uint64_t before, std::size_t limit,
                       std::function<void(std::optional<std::vector<Incident>>)>)>
        incidents;
    // Events before that moment, newest first.
    std::function<void(System before, std::size_t limit,
                       std::function<void(std::optional<std::vector<Happening>>)>)>
        happenings;
};

// How requests ask the rest of the program for a change, or for the past. Each call is made on a
// serving thread and must not block; each callback may come from any thread.
struct Control {
    // An acknowledged change is in every answer to a later request: the callbacks come when the
    // snapshot that shows it is published.
    using Answer = PushAnswer;
    // `who`: for the log.
    std::function<void(std::string text, std::string who, std::function<void(bool durable)>)>
        decommission;
    std::function<void(Push, std::function<void(Answer, std::string why)>)> push;
    std::function<void(std::string name, std::string who,
                       std::function<void(Answer, std::string why)>)>
        remove;
    std::function<void(std::string name,
                       std::function<void(std::shared_ptr<const ComponentState>)>)>
        run;
    // What is wrong with them, or empty.
    std::function<void(Heartbeats, std::function<void(std::string problem)>)> heartbeat;
    // The component is unknown or not a job (not_pushed), and why.
    std::function<void(JobEvent, std::function<void(Answer, std::string why)>)> job;
    // The past of a component in the last period; nothing: the history cannot be read.
    std::function<void(std::string name, std::chrono::milliseconds back,
                       std::function<void(std::optional<Past>)>)>
        past;
    // The latest changes before that moment, newest first; of all components if none is given.
    std::function<void(std::string name, System before, std::size_t limit,
                       std::function<void(std::optional<std::vector<PastChange>>)>)>
        changes;
    // As `past`, for many components at once, in the order of the names. The last 24 hours come
    // from memory, even while the store is away.
    std::function<void(std::vector<std::string> names, std::chrono::milliseconds back,
                       std::function<void(std::optional<std::vector<Past>>)>)>
        pasts;
    // Response times of a component, in `count` steps from that moment on.
    std::function<void(std::string name, System from, std::chrono::milliseconds step,
                       std::size_t count,
                       std::function<void(std::optional<std::vector<ResponseStep>>)>)>
        responses;
    // At once: the state of the objectives, by name.
    std::function<std::vector<ObjectiveReport>()> objectives;
    // At once, from memory, in the order of the names.
    std::function<std::vector<UsualTimes>(const std::vector<std::string>& names)> usual;

    // What people do about incidents, and what they see beside the board.
    People people;
    // The latest events, for streams; null: none are kept. Outlives the server.
    const Happenings* happenings = nullptr;
    FleetControl fleet;
    // The application's own metrics in Prometheus' text format; may be empty.
    std::function<std::string()> metrics;
    std::function<void(std::string who, std::function<void(ReloadResult)>)> reload;
    // The components of the present configuration, by name.
    std::function<void(std::function<void(const Definitions&)>)> definitions;
};

// The field of an answer that says that a change will not survive a restart.
inline std::pair<std::string, std::string> not_saved() {
    return {"Warning", "199 vitals \"not saved, will not survive a restart\""};
}

// Called once with the answer of an action that had no answer at once; from any thread.
using Reply = std::function<void(http::Response)>;

}  // namespace vitals::endpoints
