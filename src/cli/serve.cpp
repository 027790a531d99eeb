// vitals serve: the daemon, in the foreground.
#include "cli/serve.hpp"

#include "app/daemon.hpp"
#include "cli/failure.hpp"

namespace vitals::cli {

static int run(const Serve& command, const Terminal&) {
    const auto file = find_configuration(command.file);
    if (!file) return give_up("serve", file.error(), Format::table);
    return app::serve(
        {.file = *file, .log_level = command.log_level, .log_format = command.log_format});
}

namespace {

void declare(Arguments& to, Serve& command) {
    to.configuration(command.file);
    to.choice("--log-level", command.log_level, "debug|info|warning|error",
              "The least severe messages that are logged, instead of the configuration's.");
    to.choice("--log-format", command.log_format, "text|json",
              "The format of the log, instead of the configuration's.");
}

}  // namespace

const Subcommand subcommand::serve = make_subcommand<Serve, declare, run>(
    "serve",
    "Runs the checks of a configuration on schedule and serves the result. Runs in the "
    "foreground until SIGTERM or Ctrl-C; SIGHUP loads the configuration again.",
    "  vitals serve -c /etc/vitals/vitals.yaml\n"
    "  vitals serve --log-format json\n");

}  // namespace vitals::cli
