// What people see of a fleet, as this node knows it. Immutable.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals {

struct FleetView {
    enum class NodeState : std::uint8_t { heard, unheard, collides };
    struct Node {
        std::string name;
        NodeState state = NodeState::heard;
        std::string version;        // of vitals
        std::string configuration;  // a digest of what it shares, in hexadecimal; empty: unknown
        bool same_configuration = true;
        std::string host;
        std::string other_host;  // of another process of this name, while both are heard
        std::vector<std::string> labels;
        std::chrono::milliseconds lag{};    // of its event loop
        std::chrono::milliseconds heard{};  // how long ago
        System heard_at{};                  // the same by this machine's wall clock, for show
        bool out_of_service = false;
        bool blind = false;       // it says that it does not hear itself
        bool listens = true;      // else it only tells
        bool itself = false;      // this node
        std::size_t workers = 0;  // that it shares
    };
    struct Vote {
        std::string node;
        std::string status;
    };
    struct Check {
        std::string component;
        std::vector<std::string> vantages;
        std::string status, detail;
        std::vector<Vote> votes;  // that count now
    };
    struct Drain {
        std::string service, text, by, node;
        System at{};
    };

    // Messages about what several nodes see, since the start.
    struct Alerts {
        std::uint64_t told = 0;            // by this node
        std::uint64_t left_to_others = 0;  // another node told it first
        std::uint64_t held = 0;            // how often this node stood back for another one
    };

    std::string name, node;
    bool connected = false;
    bool in_contact = false;          // hears its own heartbeats
    bool listens = true;              // else it knows nothing of others
    std::chrono::milliseconds lag{};  // of its event loop
    // Since the heartbeat was sent that it heard last of itself; nothing: it heard none.
    std::optional<std::chrono::milliseconds> contact;
    std::optional<System> silent_since;  // no contact since then
    std::string problem;                 // of the connection, or empty
    std::vector<Node> nodes;             // by name
    std::vector<Check> checks;           // by name
    std::vector<Drain> drains;
    std::size_t workers_elsewhere = 0;  // shared by others
    // Since the start. `late`: another one had overtaken it. `refused`: of nodes beyond the bounds.
    std::uint64_t received = 0, sent = 0, unreadable = 0, late = 0, refused = 0, dropped = 0,
                  reconnects = 0;
    Alerts alerts;
};

}  // namespace vitals
