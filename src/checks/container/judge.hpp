// The verdict on an engine's report of a container. Pure.
//
// `Running` alone is not a verdict: Docker also reports it for a paused container and for one that
// waits to be restarted, and Podman leaves a container's health at `healthy` when it has stopped.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "checks/restarts.hpp"
#include "container.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks::container {

// The relevant members of GET /containers/NAME/json.
struct State {
    std::string id;
    std::string name;
    std::string status;  // running, exited, paused, ...
    bool running = false;
    bool paused = false;
    bool restarting = false;
    bool dead = false;
    bool out_of_memory = false;
    std::int64_t pid = 0;
    std::int64_t exit_code = 0;
    std::uint64_t restarts = 0;     // by the restart policy
    std::optional<System> started;  // the last time
    std::string health;             // starting, healthy, unhealthy; empty: it has no health check
    std::int64_t failing = 0;       // failed health checks in a row
    std::optional<System> checked;  // the end of the last health check
    std::chrono::milliseconds check_every{};  // with what one may take
    std::chrono::milliseconds start_period{};
};

// Nothing if that is not such an answer.
std::optional<State> state_of(const boost::json::value& document);

Outcome judge(const Options& options, const State& state, const Restarts& restarts, System now);

}  // namespace vitals::checks::container
