// vitals kinds, vitals schema: the configuration's own description.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Kinds {
    std::string kind;
    std::string format = "table";  // table | markdown
};

struct Schema {};

struct Heartbeat {
    std::string name;
    DaemonOptions daemon;
    std::optional<std::chrono::milliseconds> every;
    std::optional<std::chrono::milliseconds> ttl;
    std::optional<std::chrono::milliseconds> retry;
    bool create = false;
    std::string detail;
    std::vector<std::string> command;
};

namespace subcommand {
extern const Subcommand kinds;
extern const Subcommand schema;
}  // namespace subcommand

}  // namespace vitals::cli
