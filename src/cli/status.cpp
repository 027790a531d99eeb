// vitals status: what a running daemon knows, once or repeatedly.
#include "cli/status.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/reported.hpp"
#include "cli/screen_text.hpp"
#include "cli/selection.hpp"
#include "model/clock.hpp"
#include "model/selector.hpp"
#include "text/amount.hpp"

namespace vitals::cli {
namespace {

struct Seen {
    Snapshot snapshot;
    std::string body;  // of /v1/components; empty: only the public answer was available
    bool with_ages = true;
};

std::expected<Seen, Failure> public_answer(const Daemon& daemon, const Answer& refused) {
    const auto answer = daemon.ask("GET", "/health");
    if (!answer) return std::unexpected(answer.error());
    auto snapshot = read_health_json(answer->body, real_clock().steady());
    if (!snapshot) return std::unexpected(daemon.refusal(refused));
    snapshot->taken_at = real_clock().system();
    return Seen{std::move(*snapshot), {}, false};
}

std::expected<Seen, Failure> look(const Daemon& daemon) {
    const auto answer = daemon.ask("GET", "/v1/components");
    if (!answer) return std::unexpected(answer.error());
    if (answer->status == 401 && !daemon.has_token()) return public_answer(daemon, *answer);
    if (answer->status != 200) return std::unexpected(daemon.refusal(*answer));
    auto snapshot = read_components(answer->body, real_clock().steady());
    if (!snapshot) {
        return std::unexpected(Failure{
            exit_code::unreachable,
            fmt::format("{}: {}; is that vitals?", daemon.address().shown(), snapshot.error())});
    }
    snapshot->taken_at = real_clock().system();
    return Seen{std::move(*snapshot), answer->body, true};
}

// Keeps the components that were asked for; vitals' own also count. Those that were named in full
// are critical, as in check.
std::expected<void, Failure> narrow(Snapshot& snapshot, const std::vector<std::string>& names) {
    if (names.empty()) return {};
    std::vector<const Component*> known;
    for (const auto& state : snapshot.components) known.push_back(state->component.get());
    const auto selected = select(names, known);
    if (!selected) return std::unexpected(Failure{exit_code::usage, selected.error()});
    std::vector<std::shared_ptr<const ComponentState>> kept;
    for (const auto& one : *selected) {
        const auto& state = snapshot.components[one.index];
        auto component = std::make_shared<Component>(*state->component);
        component->critical = component->critical || one.by_name;
        component->own = false;
        auto copy = std::make_shared<ComponentState>(*state);
        copy->component = std::move(component);
        kept.push_back(std::move(copy));
    }
    snapshot.components = std::move(kept);
    return {};
}

struct Picture {
    std::string text;
    int code = exit_code::ok;
};

std::expected<Picture, Failure> picture(const Daemon& daemon, const ShowStatus& command,
                                        const Terminal& terminal) {
    auto seen = look(daemon);
    if (!seen) return std::unexpected(seen.error());
    const bool by_what_is_not_public = std::ranges::any_of(command.names, [](const auto& word) {
        return read_selector_word(word).by != SelectorWord::By::name;
    });
    if (seen->body.empty() && by_what_is_not_public) {
        return std::unexpected(
            Failure{exit_code::refused,
                    "the public answer has neither tags nor kinds; show a token with "
                    "--token-file or $VITALS_TOKEN, or ask a listener that has 'control: true'"});
    }
    if (const auto narrowed = narrow(seen->snapshot, command.names); !narrowed) {
        return std::unexpected(narrowed.error());
    }
    const auto now = seen->snapshot.taken;
    Picture made;
    const auto status = overall(seen->snapshot, now);
    made.code = exit_code_of(status);
    if (command.ready) {
        const bool works = status == Status::ok || status == Status::degraded;
        made.code = works && !seen->snapshot.decommission.active() ? 0 : 1;
    }
    switch (command.format) {
        case Format::nagios:
            made.text = as_nagios(seen->snapshot, now);
            break;
        case Format::json:
            made.text = seen->body.empty()      ? as_json(seen->snapshot, now)
                        : command.names.empty() ? seen->body
                                                : only_components(seen->body, seen->snapshot, now);
            break;
        case Format::table:
            made.text = as_table(seen->snapshot, now, terminal,
                                 {.reported = seen->with_ages, .verbose = command.verbose});
            if (seen->body.empty()) {
                made.text += paint(terminal, Paint::faint,
                                   "the public answer: a token, or a listener with 'control: "
                                   "true', shows ages, phases and errors") +
                             '\n';
            }
            break;
    }
    return made;
}

// Draws over the former lines, line by line, so that nothing flickers.
std::string redrawn(const std::string& text) {
    std::string result = "\x1b[H";
    for (const char character : text) {
        if (character == '\n') result += "\x1b[K";
        result += character;
    }
    return result + "\x1b[J";
}

// The same lines, faint: their colours would mean that they are current.
std::string faded(const std::string& text, const Terminal& terminal) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\x1b') {
            at = std::min(text.find('m', at), text.size());
            continue;
        }
        plain += text[at];
    }
    std::string made;
    for (std::size_t from = 0; from < plain.size();) {
        const auto end = std::min(plain.find('\n', from), plain.size());
        made += paint(terminal, Paint::faint, plain.substr(from, end - from)) + '\n';
        from = end + 1;
    }
    return made;
}

// The screen of --watch: a clock, and the table. While the daemon is away, the last table, marked
// as old.
class Screen {
  public:
    explicit Screen(const Terminal& terminal) : terminal_(terminal) {}

    // A new table.
    std::string current(const std::string& table, const std::string& address) {
        seen_ = real_clock().steady();
        last_ = faded(table, terminal_);
        return paint(terminal_, Paint::faint, clock() + "  " + address) + '\n' + table;
    }

    // Why there is none, above the last one.
    std::string away(const std::string& why) const {
        std::string text = clock() + "  " + why;
        if (!last_.empty())
            text += fmt::format("; this is what was known {} ago:",
                                text::spoken_age(real_clock().steady() - seen_));
        std::string made;
        for (const auto& line : wrap(text, terminal_.width))
            made += paint(terminal_, Paint::red, line) + '\n';
        return made + last_;
    }

  private:
    static std::string clock() {
        const System now = real_clock().system();
        return local_time(now, now);
    }

    const Terminal terminal_;
    Steady seen_{};
    std::string last_;
};

int watch(const Daemon& daemon, const ShowStatus& command, const Terminal& terminal) {
    const bool is_table = command.format == Format::table;
    const bool draws = terminal.interactive && is_table;
    Terminal rest = terminal;
    if (rest.height > 0) --rest.height;  // below the clock
    Screen screen(terminal);
    bool first = true;
    for (;;) {
        const auto made = picture(daemon, command, rest);
        if (!made && made.error().code == exit_code::usage && first) {
            return give_up("status", made.error(), command.format);
        }
        // A daemon that is away may come back: that is why people watch.
        std::string text = made ? made->text : made.error().text + '\n';
        if (is_table)
            text = made ? screen.current(text, daemon.address().shown())
                        : screen.away(clean(made.error().text));
        if (draws && first) print("\x1b[2J");
        if (!print(draws ? redrawn(text) : text)) return exit_code::output;
        first = false;
        std::this_thread::sleep_for(command.every);
    }
}

}  // namespace

static int run(const ShowStatus& command, const Terminal& terminal) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("status", daemon.error(), command.format);
    if (command.watch) return watch(*daemon, command, terminal);
    auto whole = terminal;
    whole.height = 0;  // one may scroll back
    const auto made = picture(*daemon, command, whole);
    if (!made) {
        const int code = give_up("status", made.error(), command.format);
        return command.ready && code != exit_code::usage ? 1 : code;
    }
    return print(made->text) ? made->code : exit_code::output;
}

namespace {

void declare(Arguments& to, ShowStatus& command) {
    to.positionals("NAME", command.names,
                   "Only these components: names, globs, tag:NAME, "
                   "kind:NAME; '!' before one excludes.");
    to.daemon(command.daemon);
    to.format("-f,--format", command.format, "For a person, a program or a monitoring system.");
    to.flag(
        "--nagios", [&command] { command.format = Format::nagios; }, "Same as --format nagios.");
    to.flag("--ready", command.ready,
            "The exit code says whether traffic may come: 0 when ok or degraded and in "
            "service, else 1. For HEALTHCHECK, keepalived and the like.");
    to.flag("-v,--verbose", command.verbose,
            "Also shows durations and phases of components that are ok.");
    to.flag(
        "-w,--watch", command.watch,
        "Shows it repeatedly until Ctrl-C. While the daemon is away, shows what was known last.");
    to.duration("--every", command.every, "How often --watch asks; default 2s.");
    to.colour();
}

}  // namespace

const Subcommand subcommand::status = make_subcommand<ShowStatus, declare, run>(
    "status",
    "Shows what a running daemon knows. The exit code is that of check; 69 when there is no "
    "daemon, 77 when it wants a token.",
    "  vitals status\n"
    "  vitals status --watch 'databases/*'\n"
    "  vitals status --nagios --url http://10.0.0.7:8080 --token-file token\n");

}  // namespace vitals::cli
