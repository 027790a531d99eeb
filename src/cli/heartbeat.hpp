// vitals heartbeat: tells a daemon that something is alive.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Heartbeat {
    std::string name;
    DaemonOptions daemon;
    std::optional<std::chrono::milliseconds> every;
    std::optional<std::chrono::milliseconds> ttl;
    std::optional<std::chrono::milliseconds> retry;
    bool create = false;
    bool start = false;      // of a job
    bool no_output = false;  // likewise
    std::string exit_code;   // of a job; empty: not told
    std::string run;
    std::string detail;
    std::vector<std::string> command;
};

namespace subcommand {
extern const Subcommand heartbeat;
}  // namespace subcommand

}  // namespace vitals::cli
