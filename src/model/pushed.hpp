// What is pushed: results of components, and heartbeats of workers. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals {

struct Push {
    std::string component;
    Outcome outcome;
    std::optional<std::chrono::milliseconds> ttl;
    bool create = true;     // where there is no such component
    bool critical = false;  // if it is created
};

// What became of a push, or of a request to remove a component.
enum class PushAnswer : std::uint8_t {
    done,
    created,
    unknown_component,
    not_pushed,  // vitals checks it, or it is told in another way
    configured,  // it stands in the configuration
    refused,
};

struct Heartbeat {
    std::string worker;
    std::optional<System> sent;  // by the worker's own clock
    bool leaving = false;        // it deregisters
};

// Of workers of one group.
struct Heartbeats {
    std::string group;
    std::vector<Heartbeat> beats;
};

// What was reported of a run of a job.
struct JobEvent {
    enum class What : std::uint8_t { start, end, log };
    std::string job;
    What what = What::start;
    std::string run;  // tells runs apart; empty: the sender does not
    // At the end of a run: how long it took by the sender's clock, if known; its exit code; or,
    // without an exit code, how it ended, in words.
    std::optional<std::chrono::milliseconds> took;
    int exit_code = 0;
    std::string how;
    std::string output;  // the last lines; of a log, some
};

}  // namespace vitals
