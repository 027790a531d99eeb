// vitals validate: everything that is wrong with a configuration, or what it sets up and serves
// where.
#include "cli/validate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/catalog.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"
#include "cli/screen_text.hpp"
#include "secrets/vault_secrets.hpp"
#include "text/amount.hpp"

namespace vitals::cli {
namespace {

// How soon each component's failure is told, as one measures it: in whole seconds, rounded up.
std::string told_after(const config::ComponentConfig& component) {
    const auto* kind = app::find_kind(component.kind);
    if (kind == nullptr || kind->bind == nullptr) {
        return component.ttl
                   ? fmt::format("told after {} of silence", format_duration(*component.ttl))
                   : "told when it is pushed";
    }
    const auto bound = std::chrono::ceil<std::chrono::seconds>(component.policy.told_after());
    return fmt::format("told after at most {} s, {}", bound.count(),
                       text::counted(component.policy.failures, "run"));
}

std::string bounds(const config::Config& config) {
    std::size_t width = 0;
    for (const auto& one : config.components)
        width = std::max(width, columns(clean(one.component.name)));
    std::string text;
    for (const auto& one : config.components) {
        text +=
            fmt::format("  {}  {}\n", pad_right(clean(one.component.name), width), told_after(one));
    }
    return text;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

// One line each, in the order in which a request is matched with them.
std::string served(const config::Config& config) {
    std::string text;
    const auto add = [&text](std::string_view path, std::string_view what,
                             const std::string& more) {
        text += fmt::format("  {:<20} {:<13} {}", path, what, more);
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    };
    for (const config::EndpointConfig& endpoint : config.endpoints) {
        if (!endpoint.enabled) continue;
        std::string more;
        if (!endpoint.listeners.empty()) more += "on " + listed(endpoint.listeners);
        if (!endpoint.tokens.empty())
            more +=
                (more.empty() ? "with a token: " : ", with a token: ") + listed(endpoint.tokens);
        add(endpoint.path, endpoint.dialect, more);
    }
    std::vector<std::string> open;
    for (const Listener& listener : config.listeners)
        if (listener.control) open.push_back(listener.text);
    std::string more = config.tokens.empty() ? "" : "with a token";
    if (!open.empty())
        more += (more.empty() ? "without a token on " : ", without on ") + listed(open);
    add("/v1/", "control API", more.empty() ? "nobody: no token, no control listener" : more);
    return text;
}

}  // namespace

static int run(const Validate& command, const Terminal&) {
    const auto config = load_configuration(command.file, command.secrets);
    if (!config) return give_up("validate", config.error(), Format::table);
    for (const auto& warning : config->warnings) print_error(warning + '\n');
    // A vault that cannot be reached now is no fault of the file.
    if (command.secrets) {
        Failure failure{exit_code::configuration, "", true};
        for (const secrets::VaultTrouble& trouble : secrets::read_vault(*config)) {
            if (!trouble.definite) {
                print_error(fmt::format("{}: warning: {}\n", config->file, trouble.text));
                continue;
            }
            const config::Problem problem{config->file, trouble.position, trouble.text};
            failure.text += problem.text() + '\n';
        }
        if (!failure.text.empty()) return give_up("validate", failure, Format::table);
    }
    std::size_t endpoints = 0;
    for (const auto& endpoint : config->endpoints) endpoints += endpoint.enabled ? 1 : 0;
    auto text = fmt::format("{} is valid: {}, {}, {}", config->file,
                            text::counted(config->components.size(), "component"),
                            text::counted(endpoints, "endpoint"),
                            text::counted(config->listeners.size(), "listener"));
    if (!config->workers.empty())
        text += ", " + text::counted(config->workers.size(), "worker group");
    if (!command.secrets) text += "; secrets were not read";
    return print(text + '\n' + bounds(*config) + served(*config)) ? exit_code::ok
                                                                  : exit_code::output;
}

namespace {

void declare(Arguments& to, Validate& command) {
    to.configuration(command.file);
    to.flag(
        "--no-secrets", [&command] { command.secrets = false; },
        "Does not read secret files and variables.");
}

}  // namespace

const Subcommand subcommand::validate = make_subcommand<Validate, declare, run>(
    "validate",
    "Says everything that is wrong with a configuration. Each problem is one line on standard "
    "error, FILE:LINE:COLUMN: what is wrong; then the exit code is 78.",
    "  vitals validate -c vitals.yaml\n"
    "  vitals validate --no-secrets -c vitals.yaml    secrets are not at hand\n");

}  // namespace vitals::cli
