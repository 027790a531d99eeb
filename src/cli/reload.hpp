// vitals reload: makes a running daemon read its configuration again.
#pragma once

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Reload {
    DaemonOptions daemon;
};

namespace subcommand {
extern const Subcommand reload;
}  // namespace subcommand

}  // namespace vitals::cli
