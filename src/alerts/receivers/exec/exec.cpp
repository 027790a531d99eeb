// exec: a program of the operator.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "alerts/receivers/payload.hpp"
#include "alerts/receivers/transport.hpp"
#include "backends/program/run.hpp"
#include "model/check_error.hpp"
#include "model/mask.hpp"
#include "text/prose.hpp"
#include "wire/nagios.hpp"

namespace vitals::alerts::receivers {

namespace {

using backends::program::End;
using backends::program::Launch;
using backends::program::Program;

struct Options {
    std::vector<std::string> command;
    TextMap environment;
    SecretMap secrets;
};

Verified verify_command(const std::vector<std::string>& command) {
    if (command.empty() || command.front().empty())
        return std::unexpected("the program is missing");
    const std::string& program = command.front();
    if (program.contains('/') && program.front() != '/')
        return std::unexpected(
            "expected an absolute path, or a bare name that is looked for in PATH");
    for (const std::string& word : command)
        if (word.contains('\0')) return std::unexpected("a word holds a NUL");
    return {};
}

Verified verify(const Options& options) {
    const auto good = [](const std::string& name) {
        return !name.empty() && !name.contains('=') && !name.contains('\0') &&
               !name.starts_with("VITALS_");
    };
    for (const auto& [name, value] : options.environment)
        if (!good(name)) return std::unexpected("environment: '" + name + "' cannot be set");
    for (const auto& [name, value] : options.secrets)
        if (!good(name)) return std::unexpected("secrets: '" + name + "' cannot be set");
    return {};
}

constexpr Field fields[] = {
    field<&Options::command, verify_command>(
        "command", "The program and its arguments, one by one; no shell sees them.",
        {.required = true, .example = "[/usr/local/bin/page, --from-vitals]"}),
    field<&Options::environment>("environment", "Further environment variables.",
                                 {.example = "{PAGE_GROUP: ops}"}),
    field<&Options::secrets>("secrets", "Environment variables whose values are secret.",
                             {.example = "{PAGE_TOKEN: {file: /run/secrets/page}}"}),
};

constexpr std::string_view search_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t why_bytes = 200;

// What the program gets in addition to its input. Texts have one line; causes have a line each.
void add_facts(const Envelope& envelope, std::vector<std::string>& environment) {
    const Alert& alert = envelope.alert;
    std::string causes;
    for (const std::string& cause : alert.cause)
        causes += (causes.empty() ? "" : "\n") + fitting(cause, 128);
    const auto add = [&environment](std::string_view name, std::string_view value) {
        environment.push_back(fmt::format("VITALS_{}={}", name, value));
    };
    add("KIND", to_string(alert.kind));
    add("STATE", to_string(alert.state));
    add("SEVERITY", to_string(alert.severity));
    add("CAUSE", cut_bytes(causes, 4096));
    add("SUBJECT", envelope.words.subject);
    add("KEY", alert.key);
    add("URL", alert.link);
}

Launch launch_of(const Envelope& envelope, const Options& options) {
    Launch launch{.arguments = options.command, .input = message_json(envelope)};
    bool has_path = false;
    for (const auto& [name, value] : options.environment) {
        launch.environment.push_back(name + "=" + value);
        has_path = has_path || name == "PATH";
    }
    for (const auto& [name, secret] : options.secrets)
        launch.environment.push_back(name + "=" + secret.reveal());
    if (!has_path) launch.environment.push_back("PATH=" + std::string(search_path));
    launch.environment.emplace_back("LC_ALL=C.UTF-8");
    add_facts(envelope, launch.environment);
    return launch;
}

// The codes of sysexits.h that say whether to try again.
Attempt judge(const Options& options, const Program& program, const End& end) {
    constexpr int bad_usage = 64, bad_configuration = 78;
    const std::string said =
        wire::printable(without_secrets(program.errors(), options.secrets), why_bytes);
    const std::string behind = said.empty() ? said : ": " + said;
    if (program.floods())
        return {.fate = Fate::doubtful, .why = "wrote more than 1 MiB and was killed" + behind};
    if (!end.exit_code) {
        const char* name = ::sigabbrev_np(end.signal);
        return {.fate = Fate::doubtful,
                .why = fmt::format("was killed by SIG{}{}", name != nullptr ? name : "?", behind)};
    }
    if (*end.exit_code == 0) return {.fate = Fate::delivered};
    const bool for_good = *end.exit_code == bad_usage || *end.exit_code == bad_configuration;
    return {.fate = for_good ? Fate::rejected : Fate::refused,
            .why = fmt::format("exit code {}{}", *end.exit_code, behind)};
}

net::awaitable<Attempt> tell(const Envelope& envelope, const Options& options,
                             net::Context& context) {
    Launch launch = launch_of(envelope, options);
    const backends::program::Ended ended =
        co_await backends::program::run(context, std::move(launch), std::string(committed_phase));
    co_return judge(options, *ended.program, ended.end);
}

constexpr std::string_view about = R"(
    The program gets the webhook's JSON on standard input and a clean environment with
    VITALS_KIND, _STATE, _SEVERITY, _CAUSE (a line each), _SUBJECT, _KEY and _URL. All of
    it is text from others: it is never part of the arguments, and a shell must quote it.
    Exit code 0 is delivered; 64 and 78 are refused for good; any other is tried again.
    After 30 s vitals kills the program and all that it started.)"_prose;

constexpr Transport transport = make_transport<Options, tell>();
constexpr Receiver rest{.transport = &transport};

}  // namespace

extern constinit const Receiver exec = make_receiver<Options, fields, nullptr, verify>(
    "exec", "Runs a program of yours.", {.about = about, .deadline = std::chrono::seconds(30)},
    rest);

}  // namespace vitals::alerts::receivers
