// vitals check: checks, once.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Check {
    std::vector<std::string> targets;  // selectors, URLs; none: all components
    std::string file;
    Format format = Format::table;
    std::optional<std::chrono::milliseconds> timeout;
    bool verbose = false;
};

namespace subcommand {
extern const Subcommand check;
}  // namespace subcommand

}  // namespace vitals::cli
