// vitals run: makes a running daemon run one check.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Run {
    std::string name;
    Format format = Format::table;
    DaemonOptions daemon;
};

namespace subcommand {
extern const Subcommand run;
}  // namespace subcommand

}  // namespace vitals::cli
