// vitals remove: removes a component that a push created.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Remove {
    std::string name;
    DaemonOptions daemon;
};

namespace subcommand {
extern const Subcommand remove;
}  // namespace subcommand

}  // namespace vitals::cli
