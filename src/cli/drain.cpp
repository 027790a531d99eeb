// vitals decommission, vitals recommission.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "text/percent.hpp"

namespace vitals::cli {
namespace {

// The API; or, where `control_from` lets who shows no token, the probe's own way.
std::expected<Answer, Failure> set_text(const Daemon& daemon, const std::string& text) {
    const boost::json::object body{{"text", text}};
    auto answer = daemon.ask("PUT", "/v1/drain", boost::json::serialize(body));
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

int run(const Drain& command, const Terminal&) {
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

}  // namespace vitals::cli
