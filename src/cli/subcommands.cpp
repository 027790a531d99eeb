// Every subcommand there is, in the order of the help: one line each.
// clang-format off
#define VITALS_SUBCOMMANDS(named) \
    named(serve) \
    named(check) \
    named(status) \
    named(run) \
    named(explain) \
    named(reload) \
    named(history) \
    named(alerts) \
    named(ack) \
    named(note) \
    named(silence) \
    named(validate) \
    named(init) \
    named(kinds) \
    named(schema) \
    named(heartbeat) \
    named(remove) \
    named(decommission) \
    named(recommission) \
    named(fleet) \
    named(drill) \
    named(replay) \
    named(completion) \
    named(man) \
    named(version)
// clang-format on

#include "cli/subcommand.hpp"

namespace vitals::cli {

#define VITALS_DECLARE(name) extern const Subcommand name;
namespace subcommand {
VITALS_SUBCOMMANDS(VITALS_DECLARE)
}
#undef VITALS_DECLARE

std::span<const Subcommand* const> subcommands() {
#define VITALS_ADDRESS(name) &subcommand::name,
    static constexpr const Subcommand* all[] = {VITALS_SUBCOMMANDS(VITALS_ADDRESS)};
#undef VITALS_ADDRESS
    return all;
}

}  // namespace vitals::cli
