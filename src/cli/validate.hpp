// vitals validate: what is wrong with a configuration.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Validate {
    std::string file;
    bool secrets = true;
};

namespace subcommand {
extern const Subcommand validate;
}  // namespace subcommand

}  // namespace vitals::cli
