// vitals serve: the daemon, in the foreground.
#pragma once

#include <optional>
#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Serve {
    std::string file;  // empty: looked for
    std::optional<std::string> log_level;
    std::optional<std::string> log_format;
};

namespace subcommand {
extern const Subcommand serve;
}  // namespace subcommand

}  // namespace vitals::cli
