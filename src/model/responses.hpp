// How long a component took to answer. Only runs with an answer (ok, degraded) count: a refused
// connection is not a fast one. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals {

// The figures of one step of time. Without runs all are zero.
struct ResponseStep {
    System at{};  // its begin
    std::uint64_t runs = 0;
    std::chrono::microseconds least{}, most{}, total{};  // exact
    std::chrono::microseconds p50{}, p95{};              // within about 5 %
    bool operator==(const ResponseStep&) const = default;
};

// The usual figures of late, from memory; for people who look at one run and ask whether it is
// slow.
struct UsualTimes {
    std::uint64_t runs = 0;           // runs behind the figures; 0: nothing is known
    std::chrono::microseconds p50{};  // of the whole run
    struct Phase {
        std::string name;
        std::chrono::microseconds usual{};
        bool operator==(const Phase&) const = default;
    };
    std::vector<Phase> phases;  // in the order of a run
    System last_ok{};           // when a run was ok last; the epoch: not since vitals started
    // The last 90 minutes in 45 steps, oldest first: the sparkline. p50; zero: no run.
    std::vector<std::chrono::microseconds> spark;
    bool operator==(const UsualTimes&) const = default;
};

}  // namespace vitals
