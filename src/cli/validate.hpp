// vitals validate: what is wrong with a configuration, what it serves, and what it would change.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Validate {
    std::string named;     // the file, written without -c
    DaemonOptions daemon;  // its `file` is that of -c
    bool secrets = true;
    bool diff = false;
};

namespace subcommand {
extern const Subcommand validate;
}  // namespace subcommand

}  // namespace vitals::cli
