#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include "cli/check.hpp"
#include "cli/drain.hpp"
#include "cli/heartbeat.hpp"
#include "cli/screen_text.hpp"
#include "cli/serve.hpp"
#include "cli/status.hpp"

namespace vitals::cli {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

CommandLine parsed(const Words& words) {
    return parse(words, 80);
}

template <class Wanted>
Wanted command(const Words& words) {
    const auto line = parsed(words);
    if (const auto* misused = std::get_if<Misused>(&line.meaning)) ADD_FAILURE() << misused->text;
    const auto* command = std::get_if<Command>(&line.meaning);
    if (command == nullptr) return {};
    return command->options.as<Wanted>();
}

std::string complaint(const Words& words) {
    const auto line = parsed(words);
    const auto* misused = std::get_if<Misused>(&line.meaning);
    return misused == nullptr ? "understood" : misused->text;
}

std::string shown(const Words& words) {
    const auto line = parsed(words);
    const auto* text = std::get_if<Shown>(&line.meaning);
    return text == nullptr ? "not shown" : text->text;
}

TEST(CommandLine, reads_check) {
    const auto check = command<Check>({"check", "disk", "tcp://127.0.0.1:1", "-c", "my file.yaml",
                                       "--format=json", "--timeout", "250ms"});
    EXPECT_EQ(check.targets, (Words{"disk", "tcp://127.0.0.1:1"}));
    EXPECT_EQ(check.file, "my file.yaml");
    EXPECT_EQ(check.format, Format::json);
    EXPECT_EQ(check.timeout, 250ms);
}

TEST(CommandLine, knows_the_format_asked_for_though_the_rest_is_wrong) {
    for (const Words& words : {Words{"check", "--format", "nagios", "--bogus"},
                               {"check", "--format=nagios", "--config"},
                               {"check", "-fnagios", "--bogus"},
                               {"check", "-f", "nagios", "--timeout", "soon"},
                               {"status", "--bogus", "--nagios"}})
        EXPECT_EQ(format_asked_for(words), Format::nagios) << words[1];
    for (const Words& words : {Words{"check", "--format", "json"},
                               {"check", "nagios"},
                               {"check", "--format"},
                               {"heartbeat", "x", "--nagios"},
                               {"heartbeat", "x", "--", "status", "--nagios"}})
        EXPECT_NE(format_asked_for(words), Format::nagios) << words[1];
}

TEST(CommandLine, takes_components_that_are_called_like_commands) {
    EXPECT_EQ(command<Check>({"check", "status", "help", "check"}).targets,
              (Words{"status", "help", "check"}));
}

TEST(CommandLine, reads_status) {
    const auto status =
        command<ShowStatus>({"status", "-w", "--every", "1s", "--url", "unix:/run/x",
                             "--token-file", "t", "--ca", "ca.pem", "databases/*"});
    EXPECT_TRUE(status.watch);
    EXPECT_EQ(status.every, 1s);
    EXPECT_EQ(status.daemon.url, "unix:/run/x");
    EXPECT_EQ(status.daemon.token_file, "t");
    EXPECT_EQ(status.daemon.ca, "ca.pem");
    EXPECT_EQ(status.names, (Words{"databases/*"}));
    EXPECT_EQ(command<ShowStatus>({"status", "--nagios"}).format, Format::nagios);
    EXPECT_EQ(command<ShowStatus>({"status"}).format, Format::table);
}

TEST(CommandLine, reads_serve) {
    const auto serve = command<Serve>({"serve", "--log-level", "debug", "--log-format", "json"});
    EXPECT_EQ(serve.log_level, "debug");
    EXPECT_EQ(serve.log_format, "json");
    EXPECT_EQ(command<Serve>({"serve"}).log_level, std::nullopt);
}

TEST(CommandLine, reads_drain_of_both_directions) {
    EXPECT_EQ(command<Drain>({"decommission"}).text, "decommissioned");
    EXPECT_EQ(command<Drain>({"decommission", "until noon"}).text, "until noon");
    EXPECT_EQ(command<Drain>({"recommission"}).text, "OK");
}

TEST(CommandLine, does_not_take_a_decommission_for_its_opposite) {
    EXPECT_TRUE(complaint({"decommission", "OK"}).contains("use recommission"))
        << complaint({"decommission", "OK"});
    EXPECT_TRUE(complaint({"decommission", ""}).contains("1 to 1024 bytes"));
    EXPECT_TRUE(complaint({"decommission", "a\nb"}).contains("one line"));
    EXPECT_EQ(command<Drain>({"decommission", "grüße"}).text, "grüße");
}

TEST(CommandLine, leaves_the_command_of_a_heartbeat_alone) {
    const auto heartbeat = command<Heartbeat>({"heartbeat", "workers/mail", "--every", "2s", "--",
                                               "check", "--help", "-c", "x", "--", "y"});
    EXPECT_EQ(heartbeat.name, "workers/mail");
    EXPECT_EQ(heartbeat.every, 2s);
    EXPECT_EQ(heartbeat.ttl, std::nullopt);
    EXPECT_FALSE(heartbeat.create);
    EXPECT_EQ(heartbeat.command, (Words{"check", "--help", "-c", "x", "--", "y"}));
    EXPECT_EQ(complaint({"heartbeat", "mail", "./mailer"}),
              "vitals heartbeat: put '--' before the command to run\n"
              "Try 'vitals heartbeat --help'.\n");
    EXPECT_EQ(complaint({"heartbeat", "mail", "--"}),
              "vitals heartbeat: no command behind '--'\nTry 'vitals heartbeat --help'.\n");
}

TEST(CommandLine, suggests_what_was_meant) {
    EXPECT_EQ(complaint({"chekc", "disk"}),
              "vitals: no command 'chekc', did you mean 'check'?\nTry 'vitals --help'.\n");
    EXPECT_EQ(complaint({"frobnicate"}), "vitals: no command 'frobnicate'\nTry 'vitals --help'.\n");
    EXPECT_EQ(complaint({"check", "--fromat", "json"}),
              "vitals check: no option '--fromat', did you mean '--format'?\n"
              "Try 'vitals check --help'.\n");
    EXPECT_EQ(complaint({"check", "--fromat=json"}),
              "vitals check: no option '--fromat', did you mean '--format'?\n"
              "Try 'vitals check --help'.\n");
    EXPECT_EQ(complaint({"check", "-f", "jsn"}),
              "vitals check: --format: 'jsn' is not table, json or nagios, did you mean 'json'?\n"
              "Try 'vitals check --help'.\n");
    EXPECT_EQ(complaint({"completion", "bsah"}),
              "vitals completion: 'bsah' is not bash, zsh or fish, did you mean "
              "'bash'?\nTry 'vitals completion --help'.\n");
}

TEST(CommandLine, refuses_what_it_does_not_understand) {
    EXPECT_EQ(complaint({"check", "--timeout", "5"}),
              "vitals check: --timeout: '5' is no duration; write for example 250ms, 10s or 5m\n"
              "Try 'vitals check --help'.\n");
    EXPECT_EQ(complaint({"check", "--timeout", "0s"}).find("is no duration") == std::string::npos,
              false);
    EXPECT_EQ(complaint({"check", "--timeout"}),
              "vitals check: --timeout needs a value: DURATION\nTry 'vitals check --help'.\n");
    EXPECT_EQ(complaint({"status", "--format="}),
              "vitals status: --format needs a value: one of table, json or nagios\n"
              "Try 'vitals status --help'.\n");
    EXPECT_EQ(complaint({"drill", "proxy", "--listen", "127.0.0.1:1"}),
              "vitals drill: --listen needs --to beside it\nTry 'vitals drill --help'.\n");
    EXPECT_EQ(complaint({"drill", "proxy", "--listen", "127.0.0.1:1", "--to", "127.0.0.1:2",
                         "--udp", "--tls", "at-once"}),
              "vitals drill: --tls and --udp exclude each other\nTry 'vitals drill --help'.\n");
    EXPECT_EQ(complaint({"schema", "x"}),
              "vitals schema: unexpected 'x'\nTry 'vitals schema --help'.\n");
    EXPECT_EQ(complaint({"completion"}),
              "vitals completion: one of bash, zsh or fish is missing\n"
              "Try 'vitals completion --help'.\n");
    EXPECT_EQ(complaint({"heartbeat"}),
              "vitals heartbeat: NAME is missing\nTry 'vitals heartbeat --help'.\n");
    EXPECT_TRUE(complaint({}).starts_with("Usage: vitals COMMAND [OPTIONS]\n"));
}

TEST(CommandLine, reads_the_colour_before_and_behind_the_command) {
    EXPECT_EQ(parsed({"--color", "always", "check"}).colour, Colour::always);
    EXPECT_EQ(parsed({"check", "--color", "never"}).colour, Colour::never);
    EXPECT_EQ(parsed({"check"}).colour, Colour::automatic);
}

TEST(CommandLine, shows_the_version) {
    EXPECT_TRUE(shown({"--version"}).starts_with("vitals 0."));
    for (const char* fact : {"\nbuild: ", "\ncompiler: Clang 19", "\nlibraries: ", "OpenSSL 3."})
        EXPECT_TRUE(shown({"--version"}).contains(fact)) << shown({"--version"});
}

TEST(Help, of_each_command_has_an_example_and_fits_the_screen) {
    ASSERT_EQ(grammar().subcommands.size(), subcommands().size());
    for (const auto& sub : grammar().subcommands) {
        const auto name = sub.name.substr(7);
        const auto text = shown({name, "--help"});
        EXPECT_EQ(text, shown({"help", name}));
        EXPECT_EQ(text, shown({name, "-h"}));
        EXPECT_TRUE(text.starts_with("Usage: vitals " + name)) << text;
        EXPECT_TRUE(text.contains("\nExamples:\n  vitals " + name)) << text;
        EXPECT_TRUE(text.contains("-h, --help")) << text;
        std::size_t from = 0;
        for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
            EXPECT_LE(columns(text.substr(from, end - from)), 80u) << text.substr(from, end - from);
            from = end + 1;
        }
    }
}

TEST(Help, lists_the_commands) {
    const auto text = shown({"--help"});
    EXPECT_TRUE(text.contains("\n  check         Runs checks once, now, from here.\n")) << text;
    EXPECT_TRUE(text.contains("--color auto|always|never")) << text;
}

TEST(Help, shows_how_a_command_is_written) {
    EXPECT_TRUE(
        shown({"check", "--help"}).starts_with("Usage: vitals check [OPTIONS] [NAME|URL ...]\n"));
    EXPECT_TRUE(shown({"heartbeat", "--help"})
                    .starts_with("Usage: vitals heartbeat [OPTIONS] NAME [-- COMMAND ...]\n"));
}

}  // namespace
}  // namespace vitals::cli
