// The messages of two vitals that watch each other (`peer`, POST /v1/peer), and their form. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/incidents.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::endpoints {

// What a receiver was told of an incident.
struct PeerTold {
    std::string key;  // of the incident, the same on both sides
    std::string component;
    bool open = false;     // the incident
    std::string receiver;  // empty: nobody was told yet
    std::string state;     // problem, flapping, resolved
    Status level = Status::ok;
    std::int64_t serial = 0;  // of messages to that receiver about it
    bool operator==(const PeerTold&) const = default;
};

// A request to tell a receiver so.
struct PeerClaim {
    std::string key, receiver, state;
    std::int64_t serial = 0;
    std::string what() const { return key + "/" + receiver; }
    bool operator==(const PeerClaim&) const = default;
};

struct PeerExchange {
    using Told = PeerTold;
    using Claim = PeerClaim;
    std::int64_t rank = 0;
    std::vector<Told> told;
    // By the name of the incident: the open ones that a person has. By the millisecond.
    std::map<std::string, Acknowledgement> acknowledged;
    std::vector<std::string> holds;  // Claim::what() of messages that are leaving
    std::optional<Claim> claim;
    bool granted = false;  // of an answer: the claim that was asked
    bool operator==(const PeerExchange&) const = default;
};

inline constexpr std::size_t most_told = 200;         // of one exchange
inline constexpr std::size_t most_acknowledged = 50;  // likewise

std::string to_json(const PeerExchange& exchange);
// The error says what is expected.
std::expected<PeerExchange, std::string> read_peer_exchange(std::string_view json);

}  // namespace vitals::endpoints
