// vitals init: finds what runs on this machine, and writes a configuration for it.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Init {
    std::string output;
    std::string user;
    bool diff = false;
};

namespace subcommand {
extern const Subcommand init;
}  // namespace subcommand

}  // namespace vitals::cli
