// Many vitals that share what they know through NATS: the section `fleet`, as read and validated,
// and which nodes check a component. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vitals::config {

struct Fleet {
    struct Tls {
        std::string ca;    // a PEM file
        std::string name;  // that the certificate of every server must hold
        std::string certificate, key;
    };
    std::string name;
    std::vector<std::string> servers;  // nats://host:4222
    std::optional<Tls> tls;
    std::string nkey;   // the file of a seed, or empty
    std::string creds;  // a file of a JWT and its seed, or empty
    std::string node;   // the name of this node; empty until it is read: the host's name
    std::vector<std::string> labels;
    std::chrono::milliseconds interval{2'000};  // of heartbeats
    bool listen = true;                         // else it only tells, and knows nothing of others
};

// Which nodes of the fleet check a component: those that have all these labels, `count` of them.
struct Vantage {
    std::vector<std::string> labels;
    std::int64_t count = 1;
};

}  // namespace vitals::config
