// vitals replay: the alerts that another configuration would have sent.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "app/replay.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"
#include "cli/formats.hpp"
#include "cli/screen_text.hpp"
#include "cli/subcommand.hpp"
#include "model/clock.hpp"
#include "text/amount.hpp"
#include "text/json.hpp"

namespace vitals::cli {
namespace {

struct Replay {
    std::string file;
    std::string state_dir;  // empty: the configuration's
    std::chrono::milliseconds last{std::chrono::hours(24 * 7)};
    std::string format = "table";
};

using app::Compared;

constexpr std::size_t most_names = 5;

std::string some(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t at = 0; at < std::min(names.size(), most_names); ++at)
        text += (at == 0 ? "" : ", ") + clean(names[at]);
    if (names.size() > most_names) text += fmt::format(" and {} more", names.size() - most_names);
    return text;
}

std::string_view sign_of(Compared::In in) {
    return in == Compared::In::both ? " " : in == Compared::In::then ? "-" : "+";
}

std::string covers(const Replay& command, const app::KeptRuns& kept, System now) {
    std::string text =
        fmt::format("{} from {} to {}: {} of the {} asked for", text::counted(kept.count, "run"),
                    local_time(kept.from, now), local_time(kept.to, now),
                    text::spoken_age(kept.to - kept.from), text::spoken_age(command.last));
    if (kept.to - kept.from < command.last)
        text += "; 'history: {raw: ...}' says how long single runs are kept";
    return text;
}

std::string as_table(const Replay& command, const app::KeptRuns& kept,
                     const app::Unmatched& unmatched, const std::vector<Compared>& all,
                     const Terminal& terminal, System now) {
    std::string text = covers(command, kept, now) + '\n';
    if (!unmatched.without_runs.empty())
        text += "no run is kept of: " + some(unmatched.without_runs) + '\n';
    if (!unmatched.unknown.empty())
        text += "not in this configuration: " + some(unmatched.unknown) + '\n';
    std::size_t more = 0, less = 0;
    for (const Compared& each : all) {
        if (each.in == Compared::In::then) ++less;
        if (each.in == Compared::In::replayed) ++more;
        std::string line = fmt::format(
            "{} {} {} {} {}", sign_of(each.in), pad_right(local_time(each.message.at, now), 8),
            pad_right(clean(each.message.kind), 9), pad_right(clean(each.message.receiver), 12),
            some(each.message.cause));
        if (terminal.width > 0) line = cut(line, terminal.width, terminal.unicode);
        const Paint colour = each.in == Compared::In::both   ? Paint::plain
                             : each.in == Compared::In::then ? Paint::red
                                                             : Paint::green;
        text += paint(terminal, colour, line) + '\n';
    }
    const std::size_t both = all.size() - more - less;
    return text + fmt::format("{} would have come as it came ( ), {} more (+), {} not (-)\n",
                              text::counted(both, "message"), more, less);
}

std::string as_json(const app::KeptRuns& kept, const app::Unmatched& unmatched,
                    const std::vector<Compared>& all) {
    std::string out;
    text::JsonWriter json(out, text::indented_json);
    json.object().member("from", rfc3339(kept.from));
    json.member("to", rfc3339(kept.to)).member("runs", kept.count);
    json.key("without_runs").array();
    for (const std::string& each : unmatched.without_runs) json.value(each);
    json.end_array().key("unknown").array();
    for (const std::string& each : unmatched.unknown) json.value(each);
    json.end_array().key("messages").array();
    for (const Compared& each : all) {
        json.object().member("at", rfc3339(each.message.at));
        json.member("told", each.in != Compared::In::replayed);
        json.member("would_be_told", each.in != Compared::In::then);
        json.member("kind", each.message.kind).member("receiver", each.message.receiver);
        json.key("cause").array();
        for (const std::string& cause : each.message.cause) json.value(cause);
        json.end_array().end_object();
    }
    json.end_array().end_object();
    return out + '\n';
}

int run(const Replay& command, const Terminal& terminal) {
    const auto config = load_configuration(command.file, false);
    if (!config) return give_up("replay", config.error(), Format::table);
    const std::string directory = command.state_dir.empty() ? config->state_dir : command.state_dir;
    const System now = real_clock().system();
    const auto kept = app::kept_runs(directory, now - command.last, now + std::chrono::hours(1));
    if (!kept)
        return give_up("replay",
                       {exit_code::unreachable, "the history cannot be read: " + kept.error()},
                       Format::table);
    if (kept->count == 0)
        return give_up("replay",
                       {exit_code::unreachable,
                        fmt::format("{} keeps no run of the last {}; a daemon writes them down "
                                    "every ten minutes",
                                    clean(directory), text::spoken_age(command.last))},
                       Format::table);
    // Messages that follow from the last runs were sent a little later.
    const auto then = app::told_messages(directory, kept->from, kept->to + std::chrono::minutes(1));
    if (!then)
        return give_up("replay",
                       {exit_code::unreachable, "the history cannot be read: " + then.error()},
                       Format::table);
    const auto all = app::compared(*then, app::replay(*config, *kept));
    const auto odd = app::unmatched(*config, *kept);
    const std::string text = command.format == "json"
                                 ? as_json(*kept, odd, all)
                                 : as_table(command, *kept, odd, all, terminal, now);
    return print(text) ? exit_code::ok : exit_code::output;
}

void declare(Arguments& to, Replay& command) {
    to.configuration(command.file);
    to.duration("--last", command.last, "How far back, as far as single runs are kept.");
    to.option("--state-dir", command.state_dir, "DIRECTORY",
              "The state directory of the daemon, instead of the configuration's state_dir.");
    to.choice("--format", command.format, "table|json", "For a person or a program.");
    to.colour();
}

}  // namespace

namespace subcommand {

extern const Subcommand replay = make_subcommand<Replay, declare, run>(
    "replay",
    "Calculates the alerts that another configuration would have sent. It applies its thresholds, "
    "dependencies, rules, silences and hours to the single runs in the history, and compares the "
    "result with the alerts that were sent. What the checks found stays the same.",
    "  vitals replay -c new.yaml --last 7d\n"
    "  vitals replay -c new.yaml --state-dir /var/lib/vitals --format json\n");

}  // namespace subcommand

}  // namespace vitals::cli
