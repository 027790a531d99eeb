// vitals validate: everything that is wrong with a configuration, or what it sets up.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"

namespace vitals::cli {
namespace {

std::string counted(std::size_t count, std::string_view one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace

int run(const Validate& command, const Terminal&) {
    const auto config = load_configuration(command.file, command.secrets);
    if (!config) return give_up("validate", config.error(), Format::table);
    std::size_t endpoints = 0;
    for (const auto& endpoint : config->endpoints) endpoints += endpoint.enabled ? 1 : 0;
    auto text = fmt::format(
        "{} is valid: {}, {}, {}", config->file, counted(config->components.size(), "component"),
        counted(endpoints, "endpoint"), counted(config->listeners.size(), "listener"));
    if (!config->workers.empty()) text += ", " + counted(config->workers.size(), "worker group");
    if (!command.secrets) text += "; secrets were not read";
    return print(text + '\n') ? exit_code::ok : exit_code::output;
}

}  // namespace vitals::cli
