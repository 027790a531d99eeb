// vitals reload: makes a running daemon read its configuration again.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "cli/subcommand.hpp"

namespace vitals::cli {
namespace {

struct Reload {
    DaemonOptions daemon;
};

namespace json = boost::json;

// The daemon needs up to ten seconds for the files of a large configuration.
constexpr std::chrono::seconds patience{30};

std::vector<std::string> texts_of(const std::string& body, std::string_view key) {
    std::vector<std::string> texts;
    boost::system::error_code error;
    const auto value = json::parse(body, error);
    const auto* object = error ? nullptr : value.if_object();
    const auto* list = object == nullptr ? nullptr : object->if_contains(key);
    if (list == nullptr || !list->is_array()) return texts;
    for (const auto& each : list->get_array())
        if (each.is_string()) texts.push_back(clean(each.get_string()));
    return texts;
}

std::string changes(const std::string& body) {
    std::string text;
    for (const auto& [key, sign] :
         {std::pair{"added", "+"}, std::pair{"changed", "~"}, std::pair{"removed", "-"}})
        for (const auto& name : texts_of(body, key)) text += fmt::format("  {} {}\n", sign, name);
    if (text.empty()) text = "  no component has changed\n";
    for (const auto& section : texts_of(body, "waiting"))
        text +=
            fmt::format("  '{}' has changed: restart the daemon for it to take effect\n", section);
    return text;
}

int run(const Reload& command, const Terminal&) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("reload", daemon.error(), Format::table);
    const auto answer = daemon->ask("POST", "/v1/reload", {}, patience);
    if (!answer) return give_up("reload", answer.error(), Format::table);
    const auto problems = texts_of(answer->body, "problems");
    if (answer->status == 422 && !problems.empty()) {
        Failure failure{exit_code::configuration, {}, true};
        for (const auto& problem : problems) failure.text += problem + '\n';
        failure.text += daemon->address().shown() + ": nothing was changed\n";
        return give_up("reload", failure, Format::table);
    }
    if (answer->status != 200) return give_up("reload", daemon->refusal(*answer), Format::table);
    const auto text = daemon->address().shown() + ": reloaded\n" + changes(answer->body);
    return print(text) ? exit_code::ok : exit_code::output;
}

void declare(Arguments& to, Reload& command) {
    to.daemon(command.daemon);
}

}  // namespace

namespace subcommand {

extern const Subcommand reload = make_subcommand<Reload, declare, run>(
    "reload",
    "Makes a running daemon read its configuration again. Prints which components are new (+), "
    "changed (~) or gone (-). A configuration with errors changes nothing: the command prints "
    "them, and the exit code is 78.",
    "  vitals reload\n"
    "  vitals reload --url unix:/run/vitals/control.sock\n");

}  // namespace subcommand

}  // namespace vitals::cli
