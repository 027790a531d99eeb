// vitals alerts: the open incidents, and who was told.
#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/incidents.hpp"
#include "cli/screen_text.hpp"
#include "model/clock.hpp"
#include "text/percent.hpp"

namespace vitals::cli {
namespace {

// A test message goes through the real queue, or is refused there.
int test(const Daemon& daemon, const std::string& receiver) {
    const auto answer =
        daemon.ask("POST", "/v1/receivers/" + text::percent_encoded(receiver) + "/test", {},
                   std::chrono::seconds(150));
    if (!answer) return give_up("alerts", answer.error(), Format::table);
    if (answer->status != 204 && answer->status != 200)
        return give_up("alerts", daemon.refusal(*answer), Format::table);
    const std::string text = fmt::format("{}: a test message was delivered\n", clean(receiver));
    return print(text) ? exit_code::ok : exit_code::output;
}

int run(const ShowAlerts& command, const Terminal& terminal) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("alerts", daemon.error(), Format::table);
    if (command.what == "test") {
        if (command.receiver.empty())
            return give_up("alerts",
                           {exit_code::usage, "say which receiver: vitals alerts test NAME"},
                           Format::table);
        return test(*daemon, command.receiver);
    }
    const auto answer = daemon->ask("GET", "/v1/incidents?open=1&limit=500");
    if (!answer) return give_up("alerts", answer.error(), Format::table);
    if (answer->status != 200) return give_up("alerts", daemon->refusal(*answer), Format::table);
    if (command.format == "json")
        return print(answer->body + '\n') ? exit_code::ok : exit_code::output;
    const auto all = read_incidents(answer->body);
    if (!all)
        return give_up("alerts",
                       {exit_code::unreachable, daemon->address().shown() + ": " + all.error()},
                       Format::table);
    const std::string text = incidents_text(*all, real_clock().system(), terminal);
    return print(text) ? exit_code::ok : exit_code::output;
}

void declare(Arguments& to, ShowAlerts& command) {
    to.positional("WHAT", command.what, "'test': sends a test message to a receiver.",
                  [](const std::string& given) {
                      return given == "test" ? "" : "'test' is the only word that may stand here";
                  });
    to.positional("RECEIVER", command.receiver, "The receiver to test.");
    to.choice("--format", command.format, "table|json", "For a person or a program.");
    to.daemon(command.daemon);
    to.colour();
}

}  // namespace

const Subcommand subcommand::alerts = make_subcommand<ShowAlerts, declare, run>(
    "alerts",
    "Shows the open incidents of a running daemon: since when they are open, who takes care of "
    "them, who was told and which messages are on their way. 'alerts test NAME' sends a receiver a "
    "test message.",
    "  vitals alerts\n  vitals alerts test pager\n");

}  // namespace vitals::cli
