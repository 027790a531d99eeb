// The parser. CLI11 takes seconds to compile, so it is included here only.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/daemon.hpp"
#include "cli/screen_text.hpp"
#include "drill/fault.hpp"
#include "model/description.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

using std::chrono::milliseconds;

constexpr const char* command_behind_dashes = "COMMAND";

// Where the parser puts what it reads: one of each command, of which one is then taken.
struct Store {
    Serve serve;
    Check check;
    ShowStatus status;
    Validate validate;
    Kinds kinds;
    Schema schema;
    Heartbeat heartbeat;
    Remove remove;
    Drain decommission{.daemon = {}, .text = "decommissioned"};
    Drain recommission;
    Drill drill;
    Completion completion;
    std::string check_format = "table";
    std::string status_format = "table";
    bool status_nagios = false;
    bool no_secrets = false;
    std::string colour = "auto";
};

// What is wrong with a value that should be one of `a|b|c`, or empty.
std::string not_among(std::string_view choices, const std::string& given) {
    const auto known = text::split_choices(choices);
    if (std::ranges::find(known, given) != known.end()) return {};
    return text::in_quotes(given) + " is not " + text::one_of(known) +
           text::did_you_mean(given, known);
}

// The faults, for the help of `drill`.
std::string faults_in_words() {
    constexpr std::size_t left = 30;
    std::string text = "\nFaults:\n";
    for (const auto& word : drill::fault_words()) {
        auto line = "  " + std::string(word.name);
        if (!word.value.empty()) line += " [" + std::string(word.value) + ']';
        for (const auto& part : wrap(std::string(word.sentence), 80 - left)) {
            line.resize(left, ' ');
            text += line + part + '\n';
            line.clear();
        }
    }
    return text;
}

// An option whose value is one of `a|b|c`; the choices are also what help and completion show.
template <class Value>
void add_choice(CLI::App& app, const std::string& names, Value& value, const std::string& choices,
                const std::string& sentence) {
    app.add_option(names, value, sentence)
        ->type_name(choices)
        ->check([choices](const std::string& given) { return not_among(choices, given); });
}

template <class Target>
CLI::Option* add_duration(CLI::App& app, const std::string& names, Target& target,
                          const std::string& sentence) {
    return app
        .add_option_function<std::string>(
            names, [&target](const std::string& given) { target = *parse_duration(given); },
            sentence)
        ->type_name("DURATION")
        ->check([](const std::string& given) -> std::string {
            const auto duration = parse_duration(given);
            if (duration && *duration > milliseconds::zero()) return {};
            return text::in_quotes(given) + " is no duration; write for example 250ms, 10s or 5m";
        });
}

void add_config(CLI::App& app, std::string& file) {
    app.add_option("-c,--config", file,
                   "The configuration; without it ./vitals.yaml, then /etc/vitals/vitals.yaml.")
        ->type_name("FILE");
}

void add_colour(CLI::App& app, Store& store) {
    add_choice(app, "--color", store.colour, "auto|always|never",
               "Colours; auto is on a terminal without NO_COLOR.");
}

void add_daemon(CLI::App& app, DaemonOptions& daemon) {
    app.add_option("--url", daemon.url,
                   "Where the daemon listens: http://HOST:PORT, https://HOST:PORT or unix:PATH. "
                   "Without it $VITALS_URL, then the configuration's control listener or first "
                   "listener, then http://127.0.0.1:8080.")
        ->type_name("URL");
    add_config(app, daemon.file);
    app.add_option("--token-file", daemon.token_file,
                   "A file that holds the token to show; without it $VITALS_TOKEN.")
        ->type_name("FILE");
    app.add_option("--ca", daemon.ca,
                   "PEM file of the authorities to trust for https instead of the system's.")
        ->type_name("FILE");
}

CLI::App* add_subcommand(CLI::App& app, const std::string& name, const std::string& sentence,
                         const std::string& example) {
    auto* sub = app.add_subcommand(name, sentence);
    sub->footer(example);
    sub->allow_extras();
    return sub;
}

void add_serve(CLI::App& app, Store& store) {
    auto* sub = add_subcommand(
        app, "serve",
        "Runs the checks of a configuration on schedule and serves the result. Runs in the "
        "foreground until SIGTERM or Ctrl-C; SIGHUP loads the configuration again.",
        "  vitals serve -c /etc/vitals/vitals.yaml\n"
        "  vitals serve --log-format json\n");
    add_config(*sub, store.serve.file);
    add_choice(*sub, "--log-level", store.serve.log_level, "debug|info|warning|error",
               "What is logged at least, instead of the configuration's.");
    add_choice(*sub, "--log-format", store.serve.log_format, "text|json",
               "How it is logged, instead of the configuration's.");
}

void add_check(CLI::App& app, Store& store) {
    auto* sub = add_subcommand(
        app, "check",
        "Runs checks once, now, from here. The exit code is 0 when all is ok, 1 degraded, 2 "
        "failed, 3 unknown; a component named in full counts as critical.",
        "  vitals check                          all components of the configuration\n"
        "  vitals check 'databases/*' disk       some of them\n"
        "  vitals check tag:storage '!kind:s3'   by tag, and not those of a kind\n"
        "  vitals check https://example.org tcp://127.0.0.1:5432\n"
        "  vitals check --format nagios -c /etc/vitals/vitals.yaml\n");
    sub->add_option("NAME|URL", store.check.targets,
                    "Components of the configuration: names, globs, tag:NAME, kind:NAME, '!' "
                    "before one excludes. Or URLs to check as they stand. None: all components.");
    add_config(*sub, store.check.file);
    add_choice(*sub, "-f,--format", store.check_format, "table|json|nagios",
               "For a person, a program or a monitoring system.");
    add_duration(*sub, "--timeout", store.check.timeout,
                 "How long one check may take, instead of the configuration's (5s for a URL).");
    add_colour(*sub, store);
}

void add_status(CLI::App& app, Store& store) {
    auto* sub = add_subcommand(
        app, "status",
        "Shows what a running daemon knows. The exit code is that of check; 69 when there is no "
        "daemon, 77 when it wants a token.",
        "  vitals status\n"
        "  vitals status --watch 'databases/*'\n"
        "  vitals status --nagios --url http://10.0.0.7:8080 --token-file token\n");
    sub->add_option("NAME", store.status.names,
                    "Only these components: names, globs, tag:NAME, "
                    "kind:NAME; '!' before one excludes.");
    add_daemon(*sub, store.status.daemon);
    add_choice(*sub, "-f,--format", store.status_format, "table|json|nagios",
               "For a person, a program or a monitoring system.");
    sub->add_flag("--nagios", store.status_nagios, "The same as --format nagios.");
    sub->add_flag("--ready", store.status.ready,
                  "The exit code says whether traffic may come: 0 when ok or degraded and in "
                  "service, else 1. For HEALTHCHECK, keepalived and the like.");
    sub->add_flag("-w,--watch", store.status.watch, "Shows it again and again, until Ctrl-C.");
    add_duration(*sub, "--every", store.status.every, "How often --watch asks; default 2s.");
    add_colour(*sub, store);
}

void add_validate(CLI::App& app, Store& store) {
    auto* sub = add_subcommand(
        app, "validate",
        "Says everything that is wrong with a configuration. Each problem is one line on standard "
        "error, FILE:LINE:COLUMN: what is wrong; then the exit code is 78.",
        "  vitals validate -c vitals.yaml\n"
        "  vitals validate --no-secrets -c vitals.yaml    secrets are not at hand\n");
    add_config(*sub, store.validate.file);
    sub->add_flag("--no-secrets", store.no_secrets, "Does not read secret files and variables.");
}

void add_descriptions(CLI::App& app, Store& store) {
    auto* kinds = add_subcommand(app, "kinds",
                                 "Lists the kinds of check. With a kind: what it proves, its "
                                 "options and an example.",
                                 "  vitals kinds\n"
                                 "  vitals kinds http\n");
    kinds->add_option("KIND", store.kinds.kind, "One kind, in full.");
    add_choice(*kinds, "-f,--format", store.kinds.format, "table|markdown",
               "For a terminal, or the whole reference page (docs/configuration.md).");
    add_colour(*kinds, store);
    add_subcommand(app, "schema",
                   "Prints the JSON Schema of the configuration. Editors use it to complete and "
                   "to check while one writes.",
                   "  vitals schema > vitals.schema.json\n");
}

void add_heartbeat(CLI::App& app, Store& store) {
    auto* sub = add_subcommand(
        app, "heartbeat",
        "Tells the daemon that a component or a worker is alive, once or every so often. With a "
        "command, a component is judged by how it ends: nothing is told while it runs, an exit "
        "code other than 0 is failed, and one that does not end is failed when the time to live "
        "is over. A worker is alive while its command runs, and takes its leave. The command's "
        "exit code is ours.",
        "  vitals heartbeat import                          once, as from a script\n"
        "  vitals heartbeat import --every 5s               until stopped\n"
        "  vitals heartbeat mail/sender-1 -- ./sender       a worker of the group mail\n"
        "  vitals heartbeat backup -- ./backup              a job, judged by how it ends\n"
        "  vitals heartbeat once --create --ttl 2h -- ./x   not in the configuration\n");
    sub->add_option("NAME", store.heartbeat.name,
                    "A component, or GROUP/NAME: a worker, where the configuration has a group of "
                    "that name under 'workers'.")
        ->required();
    add_duration(*sub, "--every", store.heartbeat.every,
                 "Again after this long; default for a worker with a command: 5s.");
    add_duration(*sub, "--ttl", store.heartbeat.ttl,
                 "Silent for longer is failed, until the next heartbeat. Default: what the "
                 "configuration says. At least twice --every.");
    add_duration(*sub, "--retry", store.heartbeat.retry,
                 "For how long a command's end is told again while the daemon is away or refuses; "
                 "default 10s.");
    sub->add_flag("--create", store.heartbeat.create,
                  "Creates the component where there is none of that name; it is not critical. "
                  "'vitals remove' takes it away.");
    sub->add_option("--detail", store.heartbeat.detail, "A public word on how it is doing.")
        ->type_name("TEXT");
    add_daemon(*sub, store.heartbeat.daemon);
    // What stands behind `--` is taken before CLI11 sees it; declared for help.
    sub->add_option(command_behind_dashes, store.heartbeat.command,
                    "The command to run, with its arguments.");
}

void add_remove(CLI::App& app, Store& store) {
    auto* sub = add_subcommand(app, "remove",
                               "Removes a component that was created by a push. What stands in the "
                               "configuration is removed there.",
                               "  vitals remove bakcup\n");
    sub->add_option("NAME", store.remove.name, "The component.")->required();
    add_daemon(*sub, store.remove.daemon);
}

void add_drain(CLI::App& app, Store& store) {
    auto* off = add_subcommand(
        app, "decommission",
        "Takes the service out of rotation: its readiness fails, its liveness stays green. Lasts "
        "until recommission, also over a restart.",
        "  vitals decommission 'kernel update until 14:00'\n");
    off->add_option("TEXT", store.decommission.text,
                    "What those who ask are told; default 'decommissioned'.")
        ->check([](const std::string& given) -> std::string {
            if (given == "OK") return "'OK' means in service; use recommission for that";
            if (given.empty() || given.size() > 1024) return "must have 1 to 1024 bytes";
            const bool control = std::ranges::any_of(
                given, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
            return control ? "must be one line of printable text" : "";
        });
    add_daemon(*off, store.decommission.daemon);
    auto* on = add_subcommand(app, "recommission", "Puts the service back into rotation.",
                              "  vitals recommission\n");
    add_daemon(*on, store.recommission.daemon);
}

void add_drill(CLI::App& app, Store& store) {
    auto* sub = add_subcommand(
        app, "drill",
        "Stands between a client and a backend and misbehaves as told, to prove that somebody "
        "notices. The fault can be changed while it runs, by lines on standard input or over "
        "--control: 'fault hang', 'status', 'help'. It ends on SIGTERM, Ctrl-C, 'quit' or the end "
        "of standard input.",
        "  vitals drill proxy --listen 127.0.0.1:26379 --to 127.0.0.1:6379 --fault hang\n"
        "  vitals drill proxy --listen 127.0.0.1:25432 --to 127.0.0.1:5432 \\\n"
        "                     --fault 'hang-after 100' --control unix:/tmp/drill.sock\n"
        "  echo fault none | socat - UNIX-CONNECT:/tmp/drill.sock\n"
        "  vitals drill proxy --routes FILE\n"
        "      lines: NAME LISTEN TO [udp|tls|tls:http2|tls:postgres|tls:smtp] [FAULT]\n" +
            faults_in_words());
    sub->add_option("proxy", store.drill.what, "What to run: a fault proxy.")
        ->required()
        ->check([](const std::string& given) { return not_among("proxy", given); });
    auto* listen =
        sub->add_option("--listen", store.drill.listen, "Where it listens: HOST:PORT or unix:PATH.")
            ->type_name("ADDRESS");
    auto* to =
        sub->add_option("--to", store.drill.to, "Where the backend is.")->type_name("ADDRESS");
    listen->needs(to);
    to->needs(listen);
    sub->add_option("--fault", store.drill.fault,
                    "What goes wrong: a name, or one with its value in quotes; default none.")
        ->type_name("FAULT")
        ->check([](const std::string& given) {
            const auto read = drill::parse_behaviour(given);
            return read ? std::string() : read.error();
        });
    add_choice(*sub, "--tls", store.drill.tls, "at-once|http2|postgres|smtp",
               "Ends the client's TLS itself, with a certificate of localhost by an authority of "
               "its own, and speaks to the backend in the clear; smtp is STARTTLS.");
    sub->add_flag("--udp", store.drill.datagrams,
                  "Passes datagrams on, not connections; the fault is done to each answer.")
        ->excludes("--tls");
    sub->add_option("--ca", store.drill.ca,
                    "Writes that authority's certificate there, for the client to trust.")
        ->type_name("FILE");
    sub->add_option("--routes", store.drill.routes,
                    "A file of proxies, instead of --listen or besides.")
        ->type_name("FILE");
    sub->add_option("--control", store.drill.control,
                    "Also takes commands there: unix:PATH, or HOST:PORT of this machine.")
        ->type_name("ADDRESS");
    sub->add_flag("--expose", store.drill.exposed,
                  "Allows --listen on addresses that other machines reach.");
}

void add_completion(CLI::App& app, Store& store) {
    auto* sub =
        add_subcommand(app, "completion", "Prints a completion script for a shell.",
                       "  vitals completion bash > /etc/bash_completion.d/vitals\n"
                       "  vitals completion zsh > \"${fpath[1]}/_vitals\"\n"
                       "  vitals completion fish > ~/.config/fish/completions/vitals.fish\n");
    const std::string shells = "bash|zsh|fish";
    sub->add_option(shells, store.completion.shell, "The shell.")
        ->required()
        ->check([shells](const std::string& given) -> std::string {
            // What the scripts themselves ask for.
            if (given == "names" || given == "kinds") return {};
            return not_among(shells, given);
        });
}

std::unique_ptr<CLI::App> make_parser(Store& store) {
    auto app = std::make_unique<CLI::App>(
        "Is this service, with everything it depends on, able to do its work, and how fresh is "
        "that answer?",
        "vitals");
    app->footer(
        "  vitals serve                        check what vitals.yaml says, serve the result\n"
        "  vitals check https://example.org    check something once\n"
        "  vitals COMMAND --help               everything about one command\n");
    app->set_help_flag("-h,--help", "Prints this.");
    app->set_version_flag("-V,--version", std::string("vitals ") + app::version,
                          "Prints the version.");
    app->require_subcommand(0, 1);
    app->allow_extras();  // complained of below, with a suggestion
    add_colour(*app, store);
    add_serve(*app, store);
    add_check(*app, store);
    add_status(*app, store);
    add_validate(*app, store);
    add_descriptions(*app, store);
    add_heartbeat(*app, store);
    add_remove(*app, store);
    add_drain(*app, store);
    add_drill(*app, store);
    add_completion(*app, store);
    return app;
}

Grammar describe(const CLI::App& app, const std::string& parent) {
    Grammar made;
    made.name = (parent.empty() ? "" : parent + ' ') + app.get_name();
    made.sentence = app.get_description();
    made.example = app.get_footer();
    for (const auto* option : app.get_options()) {
        Argument argument;
        argument.sentence = option->get_description();
        argument.required = option->get_required();
        argument.repeated = option->get_expected_max() >= CLI::detail::expected_max_vector_size;
        if (option->get_positional()) {
            argument.value = option->get_name(true, false);
            if (argument.value == command_behind_dashes) argument.value = "-- COMMAND";
            made.positionals.push_back(std::move(argument));
            continue;
        }
        for (const auto& name : option->get_snames()) argument.names.push_back("-" + name);
        for (const auto& name : option->get_lnames()) argument.names.push_back("--" + name);
        if (option->get_type_size() != 0) argument.value = option->get_type_name();
        made.options.push_back(std::move(argument));
    }
    for (const auto* sub : app.get_subcommands({})) {
        made.subcommands.push_back(describe(*sub, made.name));
    }
    return made;
}

const Grammar& grammar_of(const CLI::App& app) {
    const auto& all = grammar();
    const auto parsed = app.get_subcommands();
    if (parsed.empty()) return all;
    const auto found =
        std::ranges::find(all.subcommands, "vitals " + parsed.front()->get_name(), &Grammar::name);
    return found == all.subcommands.end() ? all : *found;
}

Misused misused(const Grammar& at, const std::string& what) {
    return {at.name + ": " + what + "\nTry '" + at.name + " --help'.\n"};
}

// What is wrong with words that fit nowhere.
std::string complaint(const Grammar& at, const std::string& word) {
    std::vector<std::string_view> known;
    if (word.starts_with('-') && word != "-") {
        for (const auto& option : at.options) {
            known.insert(known.end(), option.names.begin(), option.names.end());
        }
        const auto name = word.substr(0, word.find('='));
        return "no option " + text::in_quotes(name) + text::did_you_mean(name, known);
    }
    if (at.subcommands.empty()) return "unexpected " + text::in_quotes(word);
    for (const auto& sub : at.subcommands) {
        known.push_back(std::string_view(sub.name).substr(at.name.size() + 1));
    }
    return "no command " + text::in_quotes(word) + text::did_you_mean(word, known);
}

Format format_of(std::string_view name) {
    if (name == "json") return Format::json;
    return name == "nagios" ? Format::nagios : Format::table;
}

Command command_of(const std::string& name, Store& store) {
    store.check.format = format_of(store.check_format);
    store.status.format = store.status_nagios ? Format::nagios : format_of(store.status_format);
    store.validate.secrets = !store.no_secrets;
    if (name == "serve") return store.serve;
    if (name == "check") return store.check;
    if (name == "status") return store.status;
    if (name == "validate") return store.validate;
    if (name == "kinds") return store.kinds;
    if (name == "schema") return store.schema;
    if (name == "heartbeat") return store.heartbeat;
    if (name == "remove") return store.remove;
    if (name == "decommission") return store.decommission;
    if (name == "recommission") return store.recommission;
    if (name == "drill") return store.drill;
    return store.completion;
}

Colour colour_of(std::string_view name) {
    if (name == "always") return Colour::always;
    return name == "never" ? Colour::never : Colour::automatic;
}

}  // namespace

const Grammar& grammar() {
    static const Grammar made = [] {
        Store store;
        return describe(*make_parser(store), "");
    }();
    return made;
}

Format format_asked_for(const std::vector<std::string>& words) {
    const auto end = std::ranges::find(words, "--");
    const bool has_formats = std::any_of(words.begin(), end, [](const std::string& word) {
        return word == "check" || word == "status";
    });
    Format format = Format::table;
    for (auto word = words.begin(); has_formats && word != end; ++word) {
        if (*word == "--nagios") return Format::nagios;
        if (word->starts_with("--format=")) format = format_of(word->substr(9));
        const auto next = std::next(word);
        if ((*word == "--format" || *word == "-f") && next != end) format = format_of(*next);
        if (word->starts_with("-f") && word->size() > 2)
            format = format_of(word->substr((*word)[2] == '=' ? 3 : 2));
    }
    return format;
}

CommandLine parse(const std::vector<std::string>& words, std::size_t help_width) {
    auto own = words;
    // `vitals help check` means `vitals check --help`.
    if (!own.empty() && own.front() == "help") {
        own.erase(own.begin());
        own.emplace_back("--help");
    }
    std::vector<std::string> behind;
    const auto dashes = std::ranges::find(own, "--");
    const bool has_command = dashes != own.end() && std::ranges::find(own, "heartbeat") < dashes;
    if (has_command) {
        behind.assign(dashes + 1, own.end());
        own.erase(dashes, own.end());
    }
    Store store;
    const auto app = make_parser(store);
    CommandLine result;
    try {
        std::ranges::reverse(own);  // as CLI11 wants them
        app->parse(own);
    } catch (const CLI::CallForHelp&) {
        result.meaning = Shown{help_text(grammar_of(*app), help_width)};
        return result;
    } catch (const CLI::CallForVersion& version) {
        result.meaning = Shown{std::string(version.what()) + '\n'};
        return result;
    } catch (const CLI::ParseError& error) {
        result.meaning = misused(grammar_of(*app), error.what());
        return result;
    }
    const auto& at = grammar_of(*app);
    if (const auto extras = app->remaining(true); !extras.empty()) {
        result.meaning = misused(at, complaint(at, extras.front()));
        return result;
    }
    if (app->get_subcommands().empty()) {
        result.meaning = Misused{help_text(at, help_width)};
        return result;
    }
    if (!store.heartbeat.command.empty()) {
        result.meaning = misused(at, "put '--' before the command to run");
        return result;
    }
    if (has_command && behind.empty()) {
        result.meaning = misused(at, "no command behind '--'");
        return result;
    }
    store.heartbeat.command = std::move(behind);
    result.colour = colour_of(store.colour);
    result.meaning = command_of(app->get_subcommands().front()->get_name(), store);
    return result;
}

}  // namespace vitals::cli
