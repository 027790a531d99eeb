// vitals remove: removes a component that a push created.
#include <string>

#include <fmt/format.h>

#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "cli/subcommand.hpp"
#include "text/percent.hpp"

namespace vitals::cli {

namespace {

struct Remove {
    std::string name;
    DaemonOptions daemon;
};

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

void declare(Arguments& to, Remove& command) {
    to.required("NAME", command.name, "The component.");
    to.daemon(command.daemon);
}

}  // namespace

namespace subcommand {

extern const Subcommand remove =
    make_subcommand<Remove, declare, run>("remove",
                                          "Removes a component that was created by a push. Remove "
                                          "a component of the configuration there.",
                                          "  vitals remove bakcup\n");

}  // namespace subcommand

}  // namespace vitals::cli
