// What a receiver is told: a plain value, made again for each attempt. Its maker states the facts;
// words.hpp chooses the words, and the receiver decides the transport.
//
// Names and details may come from outside (a push names its component), and `error` is what the
// other side said. Nothing here is trusted: words.hpp and the receivers make it safe for its
// target. It holds no secret.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/policy.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::alerts {

enum class Severity : std::uint8_t { critical, warning };  // warning: no critical component
std::string_view to_string(Severity severity) noexcept;
std::string_view to_string(State state) noexcept;
State state_of(std::string_view word) noexcept;  // of any other word `nothing`

// How much of an incident a receiver is told.
enum class Disclose : std::uint8_t {
    full,    // also what the other side said
    detail,  // vitals' own words
    status,  // names, states and times
};

struct Alert {
    std::string key;       // message_key(): the same for each attempt
    std::string incident;  // `STORE-NUMBER`: the same for each message of the incident
    std::string thread;    // key of the first message of this incident to this receiver, or `key`
    Kind kind = Kind::problem;
    State state = State::problem;     // what the receiver knows once it has this message
    Status level = Status::failed;    // of the causes; of resolved and missed: the worst that was
    std::optional<Status> level_was;  // of worse
    Severity severity = Severity::critical;
    bool test = false;  // `vitals alerts test`: nothing is wrong

    std::vector<std::string> cause;     // the incident's roots, at least one; several in a storm
    std::vector<std::string> affected;  // depend on them: the first ten
    std::size_t affected_count = 0;     // all of them; of vitals/blind what cannot be looked at

    System at{};                  // when this was decided
    System since{};               // the first bad verdict
    std::optional<System> until;  // of resolved and missed: when it recovered
    std::optional<System> last_ok;
    std::optional<System> configured;  // when the configuration changed last
    unsigned changes = 0;              // of flapping: so many
    Steady::duration span{};  // of flapping: within this time; steady: without a change for;
                              // storm: all of them came within this time
    std::string not_told;     // of missed: why no receiver was told, in a few words

    std::string detail;  // ours, public
    ErrorClass error_class = ErrorClass::none;
    std::string phase;
    std::string error;  // theirs, private

    struct Before {
        System at{};
        std::string text;
        bool operator==(const Before&) const = default;
    };
    std::vector<Before> before;  // what else changed shortly before, oldest first

    // Whole URLs; empty without `alerts.url`.
    std::string link;      // the page of the component
    std::string act_link;  // to acknowledge or silence
    std::string runbook;

    std::string service;          // what the configuration calls this service
    std::string host;             // where vitals runs
    std::string version;          // of vitals
    std::string acknowledged_by;  // the person who acknowledged it; else empty
    unsigned attempt = 1;
    bool may_be_copy = false;  // an earlier attempt perhaps arrived
    bool alone = false;        // who tells hears nobody of its fleet: others may tell the same

    bool operator==(const Alert&) const = default;
};

// The result of an attempt.
struct Attempt {
    Fate fate = Fate::refused;  // only the answered address knows better
    // Nothing was sent, and no side failed: another vitals tells the receiver, or may have told it.
    bool withheld = false;
    std::string why;  // unless delivered: one line, for operators; holds no secret
    std::optional<Steady::duration> retry_after;  // what the receiver asked for
    bool operator==(const Attempt&) const = default;
};

// The alert without what the receiver may not be told.
Alert disclosed(Alert alert, Disclose disclose);

}  // namespace vitals::alerts
