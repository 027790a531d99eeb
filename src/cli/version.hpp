// vitals version: the version, and how the program was built.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Version {};

// `vitals 0.1.0`, then how it was built and with which libraries, a line each.
std::string version_text();

namespace subcommand {
extern const Subcommand version;
}  // namespace subcommand

}  // namespace vitals::cli
