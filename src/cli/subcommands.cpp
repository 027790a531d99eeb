// Every subcommand there is.
#include <array>

#include "cli/check.hpp"
#include "cli/completion.hpp"
#include "cli/drain.hpp"
#include "cli/drill.hpp"
#include "cli/heartbeat.hpp"
#include "cli/kinds.hpp"
#include "cli/remove.hpp"
#include "cli/serve.hpp"
#include "cli/status.hpp"
#include "cli/subcommand.hpp"
#include "cli/validate.hpp"

namespace vitals::cli {

std::span<const Subcommand* const> subcommands() {
    static const std::array all = {
        &subcommand::serve,        &subcommand::check,  &subcommand::status,
        &subcommand::validate,     &subcommand::kinds,  &subcommand::schema,
        &subcommand::heartbeat,    &subcommand::remove, &subcommand::decommission,
        &subcommand::recommission, &subcommand::drill,  &subcommand::completion,
    };
    return all;
}

}  // namespace vitals::cli
