#include "exec.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "backends/program/run.hpp"
#include "model/mask.hpp"
#include "text/prose.hpp"
#include "wire/nagios.hpp"

namespace vitals::checks::exec {

namespace {

using backends::program::End;
using backends::program::Launch;
using backends::program::Program;

constexpr std::size_t detail_bytes = 256;
constexpr std::size_t error_bytes = 2048;
constexpr std::size_t label_bytes = 64;

// Where a bare name is searched; the last folder is where Debian has the monitoring plugins.
constexpr std::string_view search_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/nagios/plugins";

bool sets(const std::vector<std::string>& environment, std::string_view name) {
    return std::any_of(environment.begin(), environment.end(), [name](std::string_view entry) {
        return entry.starts_with(name) && entry.substr(name.size()).starts_with('=');
    });
}

// The program gets nothing of vitals' own environment.
Launch launch_of(const Options& options) {
    Launch launch{.arguments = options.command};
    for (const auto& [name, value] : options.environment)
        launch.environment.push_back(name + "=" + value);
    for (const auto& [name, secret] : options.secrets) {
        launch.environment.push_back(name + "=" + secret.reveal());
    }
    if (!sets(launch.environment, "PATH"))
        launch.environment.push_back("PATH=" + std::string(search_path));
    // Decimal points and UTF-8, whatever environment the daemon has.
    if (!sets(launch.environment, "LC_ALL")) launch.environment.push_back("LC_ALL=C.UTF-8");
    return launch;
}

std::string joined(const std::string& first, const std::string& second) {
    return first + (first.empty() || second.empty() ? "" : " ") + second;
}

std::string unit_suffix(const std::string& unit) {
    if (unit.empty()) return {};
    if (unit == "s") return "_seconds";
    if (unit == "%") return "_percent";
    if (unit == "B") return "_bytes";
    if (unit == "c") return "_total";  // a counter
    std::string suffix = "_" + wire::printable(unit, 16);
    for (char& letter : suffix)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return suffix;
}

void add_perfdata(const std::vector<wire::PerfDatum>& perfdata, Outcome& outcome) {
    std::string out_of_range;
    for (const wire::PerfDatum& datum : perfdata) {
        const std::string label = wire::printable(datum.label, label_bytes);
        const std::string name = label + unit_suffix(datum.unit);
        if (outcome.property(name) == nullptr) outcome.with(name, datum.value);
        if ((datum.critical && datum.critical->alerts(datum.value)) ||
            (datum.warning && datum.warning->alerts(datum.value)))
            out_of_range += (out_of_range.empty() ? "" : ", ") + label;
    }
    if (!out_of_range.empty()) outcome.with("out_of_range", out_of_range);
}

Outcome of_exit_code(int code, const std::string& text, const std::string& error) {
    const std::string detail = text.empty() ? fmt::format("exit code {}", code) : text;
    switch (code) {
        case 0:
            return ok(text.empty() ? "exit code 0" : text);
        case 1: {
            Outcome outcome = degraded(detail);
            outcome.error = error;
            return outcome;
        }
        case 2:
            return failed(detail, ErrorClass::assertion, error);
        case 3:
            return unknown(detail, error);
        default:
            // Not a verdict in the language of plugins; often a shell that did not find something.
            return unknown(fmt::format("exit code {}", code), joined(text, error));
    }
}

Outcome judge(const Options& options, const Program& plugin, const End& end) {
    const wire::PluginOutput output =
        wire::parse_plugin_output(without_secrets(plugin.output(), options.secrets));
    const std::string text = wire::printable(output.text, detail_bytes);
    const std::string errors = without_secrets(plugin.errors(), options.secrets);
    const std::string error = wire::printable(output.long_text + "\n" + errors, error_bytes);
    if (plugin.floods()) return unknown("plugin wrote more than 1 MiB", joined(text, error));
    if (!end.exit_code && end.signal == 0)
        return unknown("the plugin's exit code was lost",
                       "the process between vitals and the plugin was killed");
    if (!end.exit_code) {
        const char* name = ::sigabbrev_np(end.signal);
        return unknown(fmt::format("plugin was killed by SIG{}", name != nullptr ? name : "?"),
                       joined(text, error));
    }
    Outcome outcome = of_exit_code(*end.exit_code, text, error);
    outcome.with("exit_code", static_cast<std::int64_t>(*end.exit_code));
    add_perfdata(output.perfdata, outcome);
    return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    Launch launch = launch_of(options);
    const backends::program::Ended ended =
        co_await backends::program::run(context, std::move(launch), "run");
    co_return judge(options, *ended.program, ended.end);
}

Verified verify_command(const std::vector<std::string>& command) {
    if (command.empty() || command.front().empty())
        return std::unexpected("the program is missing");
    const std::string& program = command.front();
    if (program.find('/') != std::string::npos && program.front() != '/')
        return std::unexpected(
            "expected an absolute path, or a bare name that is looked for in PATH");
    if (command.size() == 1 && program.find(" -") != std::string::npos)
        return std::unexpected("expected a list of words, since no shell takes a line apart: [" +
                               program.substr(0, program.find(' ')) + ", ...]");
    for (const std::string& word : command)
        if (word.find('\0') != std::string::npos) return std::unexpected("a word holds a NUL");
    return {};
}

std::string verify_name(const std::string& name) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos)
        return "'" + name + "' cannot name an environment variable";
    return {};
}

Verified verify(const Options& options) {
    std::set<std::string_view> names;
    const auto problem = [&names](const std::string& name) -> std::string {
        if (!names.insert(name).second) return "the variable '" + name + "' is set twice";
        return verify_name(name);
    };
    for (const auto& [name, text] : options.environment)
        if (std::string found = problem(name); !found.empty()) return verified(found);
    for (const auto& [name, secret] : options.secrets)
        if (std::string found = problem(name); !found.empty()) return verified(found);
    return {};
}

constexpr Field fields[] = {
    field<&Options::command, verify_command>(
        "command", "The program and its arguments, one by one; no shell sees them.",
        {.required = true,
         .example = "[/usr/lib/nagios/plugins/check_ntp_time, -H, pool.ntp.org]"}),
    field<&Options::environment>("environment",
                                 "Environment variables; by default only PATH and LC_ALL=C.UTF-8.",
                                 {.example = "{PGHOST: 127.0.0.1}"}),
    field<&Options::secrets>("secrets",
                             "Environment variables whose values are secret; vitals removes these "
                             "values from the program's output.",
                             {.example = "{PGPASSWORD: {file: /run/secrets/pg}}"}),
};

constexpr std::string_view proves = R"(
    What the program proves, by the rules of Nagios plugins: exit code 0 is ok, 1
    degraded, 2 failed; 3 and everything else (a crash, a missing program) is unknown. The
    first line of the output is the detail, which is public. Further lines and standard
    error are private. Performance data become properties. The program starts without a
    shell, without the daemon's environment and descriptors, and in a session of its own.
    At the deadline vitals kills it with all its descendants, in any session. A daemon
    that it detached before it ended in time keeps running. The check cannot tell a plugin
    that always reports ok from a service that is well.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "exec", "A monitoring plugin reports the status by its exit code.", {.proves = proves});

}  // namespace vitals::checks::exec
