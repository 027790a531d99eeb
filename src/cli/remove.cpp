// vitals remove: takes away a component that a push created.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "text/percent.hpp"

namespace vitals::cli {

int run(const Remove& command, const Terminal&) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("remove", daemon.error(), Format::table);
    const auto answer =
        daemon->ask("DELETE", "/v1/components/" + text::percent_encoded(command.name));
    if (!answer) return give_up("remove", answer.error(), Format::table);
    if (answer->status != 204) return give_up("remove", daemon->refusal(*answer), Format::table);
    const auto text =
        fmt::format("{}: removed {}\n", daemon->address().shown(), clean(command.name));
    return print(text) ? exit_code::ok : exit_code::output;
}

}  // namespace vitals::cli
