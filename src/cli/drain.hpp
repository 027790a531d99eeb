// vitals decommission, vitals recommission.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Drain {
    DaemonOptions daemon;
    std::string text = "OK";  // "OK": back in service
};

namespace subcommand {
extern const Subcommand decommission;
extern const Subcommand recommission;
}  // namespace subcommand

}  // namespace vitals::cli
