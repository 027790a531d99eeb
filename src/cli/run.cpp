// vitals run: makes a running daemon run one check.
#include "cli/run.hpp"

#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/reported.hpp"
#include "model/clock.hpp"
#include "text/percent.hpp"

namespace vitals::cli {
namespace {

// The timeout of the component ends a run; that is up to the daemon.
constexpr std::chrono::minutes patience{10};

int perform(const Run& command, const Terminal& terminal) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("run", daemon.error(), command.format);
    const auto path = "/v1/components/" + text::percent_encoded(command.name) + "/run";
    const auto answer = daemon->ask("POST", path, {}, patience);
    if (!answer) return give_up("run", answer.error(), command.format);
    if (answer->status != 200) {
        auto failure = daemon->refusal(*answer);
        if (answer->status == 404) failure.code = exit_code::usage;
        return give_up("run", failure, command.format);
    }
    const auto body = R"({"components":[)" + answer->body + "]}";
    auto seen = read_components(body, real_clock().steady());
    if (!seen)
        return give_up("run",
                       {exit_code::unreachable, daemon->address().shown() + ": " + seen.error()},
                       command.format);
    seen->taken_at = real_clock().system();
    auto whole = terminal;
    whole.height = 0;  // one may scroll back
    const auto status = seen->components.front()->status(seen->taken);
    std::string text;
    if (command.format == Format::json)
        text = answer->body;
    else if (command.format == Format::nagios)
        text = as_nagios(*seen, seen->taken);
    else
        text = as_table(*seen, seen->taken, whole, {.verbose = true});
    return print(text) ? exit_code_of(status) : exit_code::output;
}

void declare(Arguments& to, Run& command) {
    to.required("NAME", command.name, "The component.");
    to.format("-f,--format", command.format, "For a person, a program or a monitoring system.");
    to.daemon(command.daemon);
    to.colour();
}

}  // namespace

const Subcommand subcommand::run = make_subcommand<Run, declare, perform>(
    "run",
    "Makes a running daemon run one check now, and shows the status after it. A run that is under "
    "way is shared. The exit code is that of check.",
    "  vitals run databases/default\n");

}  // namespace vitals::cli
