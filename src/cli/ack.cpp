// vitals ack, vitals note: what people say about an incident.
#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/incidents.hpp"
#include "cli/screen_text.hpp"
#include "text/json.hpp"
#include "text/percent.hpp"

namespace vitals::cli {
namespace {

// Prints what was done; returns the exit code.
int tell(std::string_view name, const Daemon& daemon, const std::expected<Answer, Failure>& answer,
         const std::string& done) {
    if (!answer) return give_up(name, answer.error(), Format::table);
    if (answer->status / 100 != 2) return give_up(name, daemon.refusal(*answer), Format::table);
    if (answer->not_saved)
        print_error("note: not saved yet (see vitals/store); it is tried again\n");
    return print(done) ? exit_code::ok : exit_code::output;
}

int acknowledge(const Acknowledge& command, const Terminal&) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("ack", daemon.error(), Format::table);
    const auto incident = ask_for_incident(*daemon, command.incident);
    if (!incident) return give_up("ack", incident.error(), Format::table);
    std::string body;
    text::JsonWriter json(body);
    json.object();
    if (!command.reason.empty()) json.member("reason", command.reason);
    if (!command.by.empty()) json.member("by", command.by);
    json.end_object();
    return tell(
        "ack", *daemon,
        daemon->ask("POST", "/v1/incidents/" + text::percent_encoded(incident->id) + "/ack", body),
        fmt::format("{}: acknowledged; nobody is reminded until it recovers\n",
                    clean(incident->id)));
}

void declare_ack(Arguments& to, Acknowledge& command) {
    command.by = person_here();
    to.required("INCIDENT", command.incident, "The id of the incident, or one of its components.");
    to.positional("REASON", command.reason, "What is being done about it.");
    to.option("--by", command.by, "NAME", "Who says it; by default you.");
    to.daemon(command.daemon);
}

int add_note(const AddNote& command, const Terminal&) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("note", daemon.error(), Format::table);
    // An id is used as it is: a closed incident may also get a note.
    std::string id = command.incident;
    if (const auto incident = ask_for_incident(*daemon, command.incident))
        id = incident->id;
    else if (incident.error().code != exit_code::usage)
        return give_up("note", incident.error(), Format::table);
    std::string body;
    text::JsonWriter json(body);
    json.object().member("text", command.text).member("public", command.is_public);
    if (!command.state.empty()) json.member("state", command.state);
    if (!command.by.empty()) json.member("by", command.by);
    json.end_object();
    return tell("note", *daemon,
                daemon->ask("POST", "/v1/incidents/" + text::percent_encoded(id) + "/notes", body),
                fmt::format("{}: noted\n", clean(id)));
}

void declare_note(Arguments& to, AddNote& command) {
    command.by = person_here();
    to.required("INCIDENT", command.incident, "The id of the incident, or one of its components.");
    to.required("TEXT", command.text, "What is known, what is being done, and until when.");
    to.choice("--state", command.state, "investigating|identified|monitoring|resolved",
              "How far the work is; by default unchanged.");
    to.flag("--public", command.is_public, "Also shows the note on /public.");
    to.option("--by", command.by, "NAME", "Who says it; by default you.");
    to.daemon(command.daemon);
}

int add_silence(const Silence& command, const Terminal&) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("silence", daemon.error(), Format::table);
    const std::string path = command.maintenance ? "/v1/maintenance" : "/v1/silences";
    if (!command.end.empty())
        return tell("silence", *daemon,
                    daemon->ask("DELETE", path + "/" + text::percent_encoded(command.end)),
                    fmt::format("{}: ended\n", clean(command.end)));
    if (command.match.empty() || command.duration.empty() || command.reason.empty())
        return give_up("silence",
                       {exit_code::usage,
                        "say what, for how long and why: vitals silence 'db/*' 2h 'disk swap'"},
                       Format::table);
    std::string body;
    text::JsonWriter json(body);
    json.object().member("match", command.match).member("duration", command.duration);
    json.member("reason", command.reason);
    if (!command.by.empty()) json.member("by", command.by);
    json.end_object();
    return tell(
        "silence", *daemon, daemon->ask("POST", path, body),
        fmt::format("{} is {} for {}; checks go on\n", clean(command.match),
                    command.maintenance ? "in maintenance" : "silenced", clean(command.duration)));
}

void declare_silence(Arguments& to, Silence& command) {
    command.by = person_here();
    to.positional("SELECTOR", command.match, "Which components: 'db/*', 'tag:shop'.");
    to.positional("DURATION", command.duration, "How long from now: 30m, 2h, 1d.");
    to.positional("REASON", command.reason, "Why; it is shown to all.");
    to.option("--end", command.end, "ID", "Ends a silence instead.");
    to.flag("--maintenance", command.maintenance,
            "A planned maintenance: it is also left out of objectives.");
    to.option("--by", command.by, "NAME", "Who does it; by default you.");
    to.daemon(command.daemon);
}

}  // namespace

const Subcommand subcommand::ack = make_subcommand<Acknowledge, declare_ack, acknowledge>(
    "ack",
    "Acknowledges an incident of a running daemon: somebody takes care of it, so nobody is "
    "reminded until it recovers. The receivers are told of the recovery.",
    "  vitals ack databases/main 'restarting it'\n");

const Subcommand subcommand::note = make_subcommand<AddNote, declare_note, add_note>(
    "note", "Adds a note to an incident of a running daemon.",
    "  vitals note databases/main 'a disk died' --state identified\n");

const Subcommand subcommand::silence = make_subcommand<Silence, declare_silence, add_silence>(
    "silence",
    "Silences components of a running daemon for a while: they are checked and shown, but nobody "
    "is told.",
    "  vitals silence 'databases/*' 2h 'disk swap'\n");

}  // namespace vitals::cli
