// vitals replay: the alerts that another configuration would have sent.
#pragma once

#include <chrono>
#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Replay {
    std::string file;
    std::string state_dir;  // empty: the configuration's
    std::chrono::milliseconds last{std::chrono::hours(24 * 7)};
    std::string format = "table";
};

namespace subcommand {
extern const Subcommand replay;
}  // namespace subcommand

}  // namespace vitals::cli
