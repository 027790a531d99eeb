// Every message between nodes, and its bytes: `v`, the version of the format, the kind of message,
// and its fields. A holder of a seed may send anything, so everything is bounded and checked here.
// A reader ignores what follows the fields that it knows: later versions of vitals add fields at
// the end, and nodes of both versions understand each other. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fleet/hybrid_clock.hpp"
#include "vitals/outcome.hpp"

namespace vitals::fleet {

struct Bounds {
    static constexpr std::size_t message = 512 << 10;  // bytes; the servers take 1 MiB
    static constexpr std::size_t name = 128, word = 64, version = 32;
    static constexpr std::size_t labels = 16;
    static constexpr std::size_t detail = 512, error = 1'024, text = 1'024;
    static constexpr std::size_t worker_name = 256;
    static constexpr std::size_t workers = 100'000;  // of one group on one node
    static constexpr std::size_t checks = 5'000;
    static constexpr std::size_t groups = 1'000;
    static constexpr std::size_t key = 64;  // of an incident
    static constexpr std::size_t receivers = 64, receiver = 256;
    static constexpr std::size_t told = 1'000;
    static constexpr std::size_t acknowledged = 100, reason = 256;
};

// `hb`: a node is alive.
struct Heartbeat {
    std::uint64_t incarnation = 0;  // of the process; distinguishes two of one name
    std::uint64_t seq = 0;
    std::uint64_t interval_ms = 0;
    std::uint64_t lag_ms = 0;  // of its event loop
    bool blind = false;        // it does not hear itself
    bool out_of_service = false;
    bool leaving = false;             // it ends
    bool listens = true;              // else it only tells, and knows nothing of others
    std::uint64_t configuration = 0;  // a digest of what it shares
    std::string version, host;
    std::vector<std::string> labels;
    bool operator==(const Heartbeat&) const = default;
};

// `res`: the result of a vantage.
struct Result {
    std::uint64_t incarnation = 0, seq = 0;
    std::uint64_t definition = 0;  // a digest of the component's
    Status status = Status::unknown;
    ErrorClass error_class = ErrorClass::none;
    std::uint64_t observed_ago_ms = 0, valid_ms = 0;
    std::string detail, error;
    bool operator==(const Result&) const = default;
};

// `drain`: a service is out of service on all nodes, or (text `OK`) back.
struct Drain {
    HybridTime at;
    std::string origin;  // the node that was asked
    std::string text, by;
    bool operator==(const Drain&) const = default;
};

// `profile`: the definitions behind the digest of a configuration.
struct Profile {
    struct Check {
        std::string name;
        std::uint64_t definition = 0;
        bool operator==(const Check&) const = default;
    };
    std::vector<Check> checks;        // by name
    std::vector<std::string> groups;  // of workers, by name
    bool operator==(const Profile&) const = default;
};
std::uint64_t digest_of(const Profile& profile);

// `names`: workers of a group on this node, from that place on. Names keep their places while the
// epoch lasts.
struct Names {
    std::uint64_t incarnation = 0, epoch = 0;
    std::uint64_t from = 0;
    std::vector<std::string> names{};
    bool operator==(const Names&) const = default;
};

// `work`: how long ago each worker of a group on this node was heard, one byte each, in units.
struct Batch {
    static constexpr std::uint8_t left = 254;       // it took its leave
    static constexpr std::uint8_t not_known = 255;  // it is silent for too long
    std::uint64_t incarnation = 0, seq = 0, epoch = 0;
    std::uint64_t unit_ms = 100;
    std::string ages{};
    bool operator==(const Batch&) const = default;
};

// `ask`: what a node needs to know.
struct Ask {
    enum class What : std::uint8_t { state, profile, names };
    What what = What::state;
    std::uint64_t digest = 0;     // of a profile
    std::string node{}, group{};  // of `names`: whose
    bool operator==(const Ask&) const = default;
};

// `push`: what was pushed to a component, on the node that was told.
struct Pushed {
    std::uint64_t incarnation = 0, seq = 0;
    HybridTime at{};  // which of two is the later one
    Status status = Status::unknown;
    ErrorClass error_class = ErrorClass::none;
    std::uint64_t observed_ago_ms = 0, valid_ms = 0;
    std::string detail{}, error{};
    bool operator==(const Pushed&) const = default;
};

// `claim`: a node is about to tell a receiver something of an incident.
struct Claim {
    enum class Stage : std::uint8_t {
        wants,    // it listens whether another one does, too
        leaves,   // the message is on its way
        dropped,  // it surely did not arrive
    };
    std::uint64_t incarnation = 0;
    std::string incident, receiver;
    Stage stage = Stage::wants;
    bool operator==(const Claim&) const = default;
};

// `told`: which incidents a node has open that others see, too, and which receivers it knows to
// have been told of them.
struct Told {
    enum class State : std::uint8_t { nothing, problem, flapping, resolved };
    struct Entry {
        std::string incident;
        std::string component;  // the root that the incident is called by
        std::string receiver;   // empty: it is about the incident alone
        bool open = false;
        bool wrong = false;  // something in it is
        bool storm = false;
        State state = State::nothing;
        Status level = Status::ok;
        std::uint64_t serial = 0;  // of the message to that receiver
        bool operator==(const Entry&) const = default;
    };
    std::uint64_t incarnation = 0, seq = 0;
    bool whole = false;                    // what is not in it is not open there
    std::vector<std::string> receivers{};  // of `whole`: that it can tell
    std::vector<Entry> entries{};
    // A person has it, as far as that node knows. All of them, in each message.
    struct Acknowledged {
        std::string incident, by, reason;
        std::uint64_t at_ms = 0;  // since the epoch, by the clock of the node that was told
        bool operator==(const Acknowledged&) const = default;
    };
    std::vector<Acknowledged> acknowledged{};
    bool operator==(const Told&) const = default;
};

using Message =
    std::variant<Heartbeat, Result, Drain, Profile, Names, Batch, Ask, Pushed, Claim, Told>;

// The kind in the form of a subject.
std::string_view kind_of(const Message& message) noexcept;

// Texts and lists above the bounds are cut.
std::string encode(const Message& message);
// Nothing: it is not a message of that kind, or from a version with other messages.
std::optional<Message> decode(std::string_view kind, std::string_view bytes);

}  // namespace vitals::fleet
