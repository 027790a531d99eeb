// vitals serve: the daemon, in the foreground.
#include "app/daemon.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"

namespace vitals::cli {

int run(const Serve& command, const Terminal&) {
    const auto file = find_configuration(command.file);
    if (!file) return give_up("serve", file.error(), Format::table);
    return app::serve(
        {.file = *file, .log_level = command.log_level, .log_format = command.log_format});
}

}  // namespace vitals::cli
