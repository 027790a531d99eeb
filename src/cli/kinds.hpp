// vitals kinds, vitals schema: the configuration's own description.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Kinds {
    std::string kind;
    std::string format = "table";  // table | markdown
};

struct Schema {};

namespace subcommand {
extern const Subcommand kinds;
extern const Subcommand schema;
}  // namespace subcommand

}  // namespace vitals::cli
