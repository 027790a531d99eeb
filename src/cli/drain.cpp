// vitals decommission, vitals recommission.
#include "cli/drain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "text/json.hpp"
#include "text/percent.hpp"

namespace vitals::cli {
namespace {

// Uses the API; or, if `control_from` accepts clients without a token, the probe's own path.
std::expected<Answer, Failure> set_text(const Daemon& daemon, const std::string& text) {
    std::string body;
    text::JsonWriter(body).object().member("text", text).end_object();
    auto answer = daemon.ask("PUT", "/v1/drain", body);
    if (!answer || answer->status == 200) return answer;
    if (answer->status != 401 || daemon.has_token()) {
        return std::unexpected(daemon.refusal(*answer));
    }
    auto second = daemon.ask("POST", "/probe_status?body=" + text::percent_encoded(text));
    if (!second || second->status == 200) return second;
    auto failure = daemon.refusal(*answer);
    failure.text +=
        "; where the configuration has neither, add to its 'listeners' for instance "
        "- {address: \"unix:/run/vitals/control.sock\", control: true}";
    return std::unexpected(std::move(failure));
}

}  // namespace

static int run(const Drain& command, const Terminal&) {
    const bool back = command.text == "OK";
    const std::string_view name = back ? "recommission" : "decommission";
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up(name, daemon.error(), Format::table);
    const auto answer = set_text(*daemon, command.text);
    if (!answer) return give_up(name, answer.error(), Format::table);
    if (answer->not_saved) {
        print_error("note: not saved (see vitals/store); a restart forgets it\n");
    }
    const auto text =
        fmt::format("{}: {}\n", daemon->address().shown(),
                    back ? std::string("in service") : "out of service: " + clean(command.text));
    return print(text) ? exit_code::ok : exit_code::output;
}

namespace {

// What is wrong with the text of a decommission, or empty.
std::string text_problem(const std::string& given) {
    if (given == "OK") return "'OK' means in service; use recommission for that";
    if (given.empty() || given.size() > 1024) return "must have 1 to 1024 bytes";
    const bool control =
        std::ranges::any_of(given, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
    return control ? "must be one line of printable text" : "";
}

void declare_decommission(Arguments& to, Drain& command) {
    command.text = "decommissioned";
    to.positional("TEXT", command.text, "The text that clients get; default 'decommissioned'.",
                  text_problem);
    to.daemon(command.daemon);
}

}  // namespace

const Subcommand subcommand::decommission = make_subcommand<Drain, declare_decommission, run>(
    "decommission",
    "Takes the service out of rotation: its readiness fails, its liveness stays green. Lasts "
    "until recommission, also over a restart.",
    "  vitals decommission 'kernel update until 14:00'\n");

namespace {

void declare_recommission(Arguments& to, Drain& command) {
    to.daemon(command.daemon);
}

}  // namespace

const Subcommand subcommand::recommission = make_subcommand<Drain, declare_recommission, run>(
    "recommission", "Puts the service back into rotation.", "  vitals recommission\n");

}  // namespace vitals::cli
