// vitals status: what a daemon knows.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct ShowStatus {
    std::vector<std::string> names;
    DaemonOptions daemon;
    Format format = Format::table;
    bool watch = false;
    bool verbose = false;
    bool ready = false;  // the exit code is 0 or 1: whether it does its work, degraded or not
    std::chrono::milliseconds every{2'000};
};

namespace subcommand {
extern const Subcommand status;
}  // namespace subcommand

}  // namespace vitals::cli
