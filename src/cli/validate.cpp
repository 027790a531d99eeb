// vitals validate: everything that is wrong with a configuration; or what it sets up and serves
// where; or what would change if a running daemon loaded it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>

#include "app/alerting.hpp"
#include "app/assemble.hpp"
#include "app/catalog.hpp"
#include "checks/group/group.hpp"
#include "checks/job/job.hpp"
#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"
#include "cli/screen_text.hpp"
#include "cli/subcommand.hpp"
#include "secrets/vault_secrets.hpp"
#include "text/amount.hpp"

namespace vitals::cli {
namespace {

struct Validate {
    std::string named;     // the file, written without -c
    DaemonOptions daemon;  // its `file` is that of -c
    bool secrets = true;
    bool diff = false;
};

// How soon the failure of each component is told, as one measures it: in whole seconds, rounded up.
std::string told_after(const config::Config& config, const config::ComponentConfig& component) {
    const auto wait = app::told_wait(config, *component.component);
    const std::string then = wait ? " + " + format_duration(*wait) : std::string();
    const auto* kind = app::find_kind(component.kind);
    if (kind == &checks::group::kind) return "told with its members" + then;
    if (kind == &checks::job::kind) {
        const auto& job = component.options.ref().as<checks::job::Options>();
        return fmt::format(
            "told when a run ends badly{}{}",
            job.schedule ? fmt::format(", or {} after it was due", format_duration(job.start_grace))
                         : "",
            then);
    }
    if (kind == nullptr || kind->bind == nullptr) {
        return component.ttl ? fmt::format("told after {} of silence{}",
                                           format_duration(*component.ttl), then)
                             : "told when it is pushed" + then;
    }
    const auto bound = std::chrono::ceil<std::chrono::seconds>(component.policy.told_after());
    return fmt::format("told after at most {} s{}, {}", bound.count(), then,
                       text::counted(component.policy.failures, "run"));
}

std::string bounds(const config::Config& config) {
    std::vector<std::string> names;
    std::size_t width = 0;
    for (const auto& one : config.components) {
        names.push_back(clean(one.component->name));
        width = std::max(width, columns(names.back()));
    }
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += "  " + pad_right(names[i], width) + "  " +
                told_after(config, config.components[i]) + '\n';
    return text;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

// How many components the selectors of an endpoint match; vitals' own do not count.
std::size_t chosen(const config::EndpointConfig& endpoint, const config::Config& config) {
    if (endpoint.components.empty()) return config.components.size() + config.workers.size();
    std::size_t count = 0;
    for (const config::ComponentConfig& one : config.components)
        count += endpoint.components.takes(*one.component) ? 1u : 0u;
    for (const config::WorkersConfig& group : config.workers) {
        Component component;
        component.name = "workers/" + group.name;
        component.kind = "workers";
        count += endpoint.components.takes(component) ? 1u : 0u;
    }
    return count;
}

// Shows whether the node is in service, whatever is checked.
constexpr std::string_view without_components = "probe_status";

// What an endpoint shows: what its own keys name, or what its selectors match.
std::string shown(const config::EndpointConfig& endpoint, const config::Config& config) {
    if (endpoint.dialect == without_components) return "";
    std::string keys;
    const auto& dialects = app::catalog().dialects;
    const auto dialect = std::ranges::find(dialects, endpoint.dialect,
                                           [](const auto& one) { return one.description.name; });
    for (const Field& field : dialect->description.fields) {
        const bool names = !field.refers.empty() ||
                           std::ranges::any_of(
                               field.members, [](const Field& one) { return !one.refers.empty(); });
        if (names) keys += (keys.empty() ? "by " : ", ") + std::string(field.name);
    }
    return keys.empty() ? text::counted(chosen(endpoint, config), "component") : keys;
}

// How many components have a ping key.
std::size_t pinged(const config::Config& config) {
    const auto& kinds = app::catalog().kinds;
    return static_cast<std::size_t>(
        std::ranges::count_if(config.components, [&kinds](const config::ComponentConfig& one) {
            const auto kind = std::ranges::find(
                kinds, one.kind, [](const auto& each) { return each.description.name; });
            if (kind == kinds.end() || !one.options) return false;
            const NamedSecrets secrets = secrets_of(kind->description.fields, one.options.ref());
            return std::ranges::any_of(secrets,
                                       [](const auto& each) { return each.first == "ping_key"; });
        }));
}

// One line each, in the order in which requests are matched with them.
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
        std::vector<std::string> facts;
        if (auto what = shown(endpoint, config); !what.empty()) facts.push_back(std::move(what));
        if (!endpoint.listeners.empty() && !endpoint.own_listener)
            facts.push_back("on " + listed(endpoint.listeners));
        if (!endpoint.tokens.empty()) facts.push_back("with a token: " + listed(endpoint.tokens));
        const std::string more = listed(facts);
        std::string_view place = endpoint.path;
        if (endpoint.own_listener) {  // `agent 127.0.0.1:9998`
            place = endpoint.own_listener->text;
            place.remove_prefix(endpoint.dialect.size() + 1);
        }
        add(place, endpoint.dialect, more);
    }
    if (const std::size_t count = pinged(config); count > 0)
        add("/ping/, /api/push/", "pings", text::counted(count, "component") + " with a key");
    std::vector<std::string> open;
    for (const Listener& listener : config.listeners)
        if (listener.control) open.push_back(listener.text);
    std::string more = config.tokens.empty() ? "" : "with a token";
    if (!open.empty())
        more += (more.empty() ? "without a token on " : ", without on ") + listed(open);
    add("/v1/", "control API", more.empty() ? "nobody: no token, no control listener" : more);
    return text;
}

// What a vault says of its secrets; a vault that cannot be reached now is no fault of the file.
std::expected<void, Failure> verify_vault(const config::Config& config) {
    Failure failure{exit_code::configuration, "", true};
    for (const secrets::VaultTrouble& trouble : secrets::read_vault(config)) {
        if (!trouble.definite) {
            print_error(fmt::format("{}: warning: {}\n", config.file, trouble.text));
            continue;
        }
        const config::Problem problem{config.files.at(trouble.position.file), trouble.position,
                                      trouble.text};
        failure.text += problem.text() + '\n';
    }
    if (failure.text.empty()) return {};
    return std::unexpected(std::move(failure));
}

std::string summary(const config::Config& config, bool secrets) {
    std::size_t endpoints = 0, listeners = config.listeners.size();
    for (const auto& endpoint : config.endpoints) {
        if (!endpoint.enabled) continue;
        ++endpoints;
        listeners += endpoint.own_listener ? 1 : 0;
    }
    auto text = config.file;
    if (config.files.size() > 1)
        text += fmt::format(" with {}", text::counted(config.files.size() - 1, "included file"));
    text +=
        fmt::format(" is valid: {}, {}, {}", text::counted(config.components.size(), "component"),
                    text::counted(endpoints, "endpoint"), text::counted(listeners, "listener"));
    if (!config.workers.empty())
        text += ", " + text::counted(config.workers.size(), "worker group");
    if (!secrets) text += "; secrets were not read";
    return text + '\n';
}

using Definitions = std::map<std::string, std::pair<std::string, std::string>>;  // kind, digest

Definitions of_configuration(const config::Config& config) {
    Definitions definitions;
    for (const auto& one : app::compared_definitions(config))
        definitions[one.component] = {one.kind, one.digest};
    return definitions;
}

// The definitions of the daemon; nothing when the answer is not understood.
std::optional<Definitions> of_answer(const std::string& body) {
    boost::system::error_code error;
    const auto document = boost::json::parse(body, error);
    const auto* object = error ? nullptr : document.if_object();
    const auto* all = object == nullptr ? nullptr : object->if_contains("definitions");
    if (all == nullptr || !all->is_object()) return std::nullopt;
    Definitions definitions;
    for (const auto& [name, value] : all->get_object()) {
        const auto text_of = [&value](const char* key) -> std::string {
            const auto* one = value.is_object() ? value.get_object().if_contains(key) : nullptr;
            return one != nullptr && one->is_string() ? std::string(one->get_string())
                                                      : std::string();
        };
        definitions[std::string(name)] = {text_of("kind"), text_of("digest")};
    }
    return definitions;
}

// What a reload would add, change and drop, one line each.
int show_difference(const Validate& command, const config::Config& config) {
    const auto fail = [](const Failure& failure) {
        return give_up("validate", failure, Format::table);
    };
    const auto daemon = Daemon::find(command.daemon, &config);
    if (!daemon) return fail(daemon.error());
    const auto answer = daemon->ask("GET", "/v1/definitions");
    if (!answer) return fail(answer.error());
    if (answer->status != 200) return fail(daemon->refusal(*answer));
    const auto before = of_answer(answer->body);
    if (!before)
        return fail({exit_code::unreachable, fmt::format("{} does not tell its definitions; is "
                                                         "that vitals?",
                                                         daemon->address().shown())});
    const Definitions after = of_configuration(config);
    std::string lines;
    std::size_t added = 0, changed = 0, dropped = 0;
    const auto line = [&lines](char sign, const std::string& name, const std::string& kind) {
        lines += fmt::format("{} {}  {}\n", sign, clean(name), clean(kind));
    };
    for (const auto& [name, definition] : after) {
        const auto known = before->find(name);
        if (known == before->end()) {
            ++added;
            line('+', name, definition.first);
        } else if (known->second != definition) {
            ++changed;
            line('~', name, definition.first);
        }
    }
    for (const auto& [name, definition] : *before) {
        if (after.contains(name)) continue;
        ++dropped;
        line('-', name, definition.first);
    }
    const bool any = added + changed + dropped > 0;
    auto text =
        fmt::format("{} against the daemon at {}: ", config.file, daemon->address().shown());
    text += any ? fmt::format("{} added, {} changed, {} dropped\n", added, changed, dropped)
                : std::string("no component changes\n");
    if (config.has_plain_secrets)
        print_error("note: secrets that are written out are not compared\n");
    if (!print(text + lines)) return exit_code::output;
    return any ? exit_code::degraded : exit_code::ok;
}

int run(const Validate& command, const Terminal&) {
    const std::string& file = command.named.empty() ? command.daemon.file : command.named;
    const auto config = load_configuration(file, command.secrets);
    if (!config) return give_up("validate", config.error(), Format::table);
    for (const auto& warning : config->warnings) print_error(warning + '\n');
    if (command.secrets)
        if (const auto good = verify_vault(*config); !good)
            return give_up("validate", good.error(), Format::table);
    if (command.diff) return show_difference(command, *config);
    const auto text = summary(*config, command.secrets) + bounds(*config) + served(*config);
    return print(text) ? exit_code::ok : exit_code::output;
}

void declare(Arguments& to, Validate& command) {
    to.positional("FILE", command.named, "Same as -c FILE.");
    to.daemon(command.daemon);
    to.either("FILE", "--config");
    to.flag(
        "--no-secrets", [&command] { command.secrets = false; },
        "Does not read secret files and variables.");
    to.flag("--diff", command.diff,
            "Says what would change if the running daemon loaded it: one line for each component "
            "added (+), changed (~) or dropped (-). The exit code is 1 when any would.");
}

}  // namespace

namespace subcommand {

extern const Subcommand validate = make_subcommand<Validate, declare, run>(
    "validate",
    "Says everything that is wrong with a configuration. Each problem is one line on standard "
    "error, FILE:LINE:COLUMN: what is wrong; then the exit code is 78. For a valid one it prints "
    "how soon each failure is told, and what is served where.",
    "  vitals validate vitals.yaml\n"
    "  vitals validate --no-secrets -c vitals.yaml    without the values of secrets\n"
    "  vitals validate --diff                         what a reload would change\n");

}  // namespace subcommand

}  // namespace vitals::cli
