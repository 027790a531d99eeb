// A snapshot is the immutable state of every component at one version. Every response is made from
// one. It is shared by pointer, and any number of threads may read it.
//
// A result is only worth something while it is fresh. Therefore a status can only be asked for at a
// point in time: `state.status(now)` is `unknown` once the result is older than its validity, even
// if the engine that should have replaced it is no longer running.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/outcome.hpp"
#include "vitals/status.hpp"

namespace vitals {

using Steady = std::chrono::steady_clock::time_point;  // decides
using System = std::chrono::system_clock::time_point;  // is shown, decides nothing

// The source of a component, for formats that distinguish them.
enum class Category : std::uint8_t { component, datastore, system };

// What is known about a component before any run. Immutable.
struct Component {
    std::string name;  // `redis`, or `group/name`; UTF-8, at most 128 bytes
    std::string kind;  // the kind of check: `http`, `push`, ...; `engine` for vitals' own
    Category category = Category::component;
    bool critical = true;
    bool own = false;  // vitals/engine, vitals/store: not in the answers of the five systems
    bool created_by_push = false;  // not from the configuration
    std::vector<std::string> tags;
    std::vector<std::string> depends_on;
    std::vector<std::string> probes;  // `live`: also part of Kubernetes' /livez
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds timeout{5'000};
    unsigned failures = 1;   // failing runs in a row that change the status
    unsigned successes = 1;  // passing runs in a row that change it back
    std::string runbook;     // what to do when it is not ok: an http or https URL, or empty
    std::string target;      // what it checks, a URL without its secrets, or empty; private
    std::string defined_in;  // `vitals.yaml:31`, or empty; private

    std::string_view group() const noexcept;       // before the `/`, or empty
    std::string_view short_name() const noexcept;  // after the `/`, or all of it
};

// What is known about a component now. Immutable.
struct ComponentState {
    std::shared_ptr<const Component> component;
    std::shared_ptr<const Outcome> last;  // of the latest run; null before the first
    Status judged = Status::unknown;      // after thresholds, before freshness: see status()
    unsigned failing_runs = 0;            // consecutive, up to now
    unsigned passing_runs = 0;
    Steady observed{};  // when the latest run ended
    System observed_at{};
    Steady valid_until{};                        // observed + 2 x interval + timeout, or valid_for
    System since{};                              // when `judged` last changed
    std::array<std::uint64_t, 4> runs{};         // finished runs by Status found
    std::array<std::uint64_t, 4> transitions{};  // changes of `judged` by Status reached

    bool stale(Steady now) const noexcept { return last != nullptr && now > valid_until; }
    Status status(Steady now) const noexcept { return stale(now) ? Status::unknown : judged; }
    // The public detail: that of the latest outcome, or `stale`, or `not run yet`. While thresholds
    // hold back a change, it is the count ("ok, 1 of 3 failing runs").
    std::string detail(Steady now) const;
    const std::string& name() const noexcept { return component->name; }
};

// One process that proves it is alive by heartbeats.
struct Worker {
    std::string name;
    System last_heartbeat{};  // by the sender's clock, for show
    Steady received{};        // by ours
    bool silent = false;      // for longer than the group's timeout, when the group was judged
};

struct WorkerGroup {
    std::string name;
    std::chrono::milliseconds timeout{24'000};  // a worker that is silent for longer does not count
    std::vector<Worker> workers;                // by name
};

// The state that `probe_status` and drain set: any text but "OK" means decommissioned.
struct Decommission {
    std::string text = "OK";
    bool draining = false;  // the process is about to stop (SIGTERM); not saved
    bool active() const noexcept { return draining || text != "OK"; }
    bool operator==(const Decommission&) const = default;
};

// The state of the scheduler itself; the source of `vitals/engine`.
struct EngineFigures {
    std::chrono::nanoseconds lag{};  // how late the loop woke, at most, in the last second
    std::uint64_t missed_ticks = 0;  // runs skipped because the loop woke an interval late
    std::uint64_t hung = 0;          // blocking calls past their deadline, still running
    std::uint64_t running = 0;
};

struct Service {
    std::string name = "vitals";
    std::string version;
};

struct Snapshot {
    std::uint64_t version = 0;
    Service service;
    std::vector<std::shared_ptr<const ComponentState>> components;  // by name, bytewise
    std::map<std::string, std::string, std::less<>> causes;   // failed component -> root cause
    std::vector<std::shared_ptr<const WorkerGroup>> workers;  // by name
    Steady workers_valid_until = Steady::max();               // as their components are
    Decommission decommission;
    EngineFigures engine;
    Steady taken{};
    System taken_at{};
    Steady started{};

    // Whether a worker is alive. It was judged together with the component `workers/GROUP`, so the
    // list and the component agree. Once they are stale, no worker counts as alive.
    bool knows(const Worker& worker, Steady now) const noexcept {
        return !worker.silent && now <= workers_valid_until;
    }
    // The component of that name, or null. O(log n).
    const ComponentState* find(std::string_view name) const noexcept;
};

// The aggregate of a set. It is `failed` if a critical component failed. Else it is `unknown` if a
// critical one is unknown or the set has no component of the service itself. Else it is `degraded`
// if anything is not ok; else `ok`.
Status aggregate(const std::vector<const ComponentState*>& components, Steady now) noexcept;

}  // namespace vitals
