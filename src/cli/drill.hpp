// vitals drill: faults between the checks of a configuration and their backends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/drill_proxy.hpp"
#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Drill {
    std::vector<std::string> targets;  // selectors; none: all components. Or "proxy" alone
    std::string file;
    std::string format = "table";
    std::string receiver;  // the receiver that is told of it
    bool dry = false;
    DrillProxy proxy;
};

namespace subcommand {
extern const Subcommand drill;
}  // namespace subcommand

}  // namespace vitals::cli
