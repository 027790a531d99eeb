// vitals check: runs components of a configuration, or URLs, once.
#include "cli/check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/catalog.hpp"
#include "app/check_once.hpp"
#include "cli/chosen_components.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"
#include "cli/meant_url.hpp"
#include "cli/selection.hpp"
#include "model/clock.hpp"
#include "text/masked.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

const config::Described& described(const checks::Kind& kind) {
    const auto& kinds = app::catalog().kinds;
    return *std::ranges::find(kinds, kind.description.name,
                              [](const config::Described& one) { return one.description.name; });
}

std::expected<config::ComponentConfig, Failure> component_of_url(const std::string& url) {
    const auto shown = text::masked_url(url);
    const auto* kind = app::kind_of_url(url);
    if (kind == nullptr || kind->from_url == nullptr) {
        return std::unexpected(Failure{exit_code::usage, unknown_scheme(url)});
    }
    const auto options = kind->description.make();
    Verified good = kind->from_url(options.ref(), url);
    if (good) good = kind->description.verify(options.ref());
    if (!good)
        return std::unexpected(
            Failure{exit_code::usage, text::in_quotes(shown) + ": " + good.error()});
    return config::component_of(shown, described(*kind), options, {});
}

std::expected<Components, Failure> wanted(const Check& command, Notes& notes) {
    std::vector<std::string> names;
    Components components;
    for (const auto& target : command.targets) {
        if (!looks_like_url(target)) {
            names.push_back(target);
            continue;
        }
        auto component = component_of_url(target);
        if (!component) return std::unexpected(component.error());
        components.push_back(std::move(*component));
    }
    if (!names.empty() || command.targets.empty()) {
        auto configured = chosen_components(names, command.file, notes);
        if (!configured) return std::unexpected(configured.error());
        std::ranges::move(*configured, std::back_inserter(components));
    }
    if (command.timeout) {
        for (auto& component : components) {
            component.policy.timeout = *command.timeout;
            component.component.edit().timeout = *command.timeout;
        }
    }
    return components;
}

}  // namespace

static int run(const Check& command, const Terminal& terminal) {
    Notes notes;
    const auto components = wanted(command, notes);
    if (!components) return give_up("check", components.error(), command.format);
    // A monitoring system uses the first line as the headline, on either stream.
    if (command.format != Format::nagios)
        for (const auto& note : notes) print_error(note + '\n');
    Snapshot snapshot;
    snapshot.components = app::check_once(*components);
    snapshot.causes = root_causes(snapshot.components);
    snapshot.taken = real_clock().steady();
    snapshot.taken_at = real_clock().system();
    const auto now = snapshot.taken;
    auto whole = terminal;
    whole.height = 0;  // one may scroll back
    std::string text;
    switch (command.format) {
        case Format::table:
            text = as_table(snapshot, now, whole, {.verbose = command.verbose});
            break;
        case Format::json:
            text = as_json(snapshot, now);
            break;
        case Format::nagios:
            text = as_nagios(snapshot, now, notes);
            break;
    }
    if (!print(text)) return exit_code::output;
    return exit_code_of(overall(snapshot, now));
}

namespace {

void declare(Arguments& to, Check& command) {
    to.positionals("NAME|URL", command.targets,
                   "Components of the configuration: names, globs, tag:NAME, kind:NAME, '!' "
                   "before one excludes. Or URLs to check as they stand. None: all components.");
    to.configuration(command.file);
    to.format("-f,--format", command.format, "For a person, a program or a monitoring system.");
    to.flag("-v,--verbose", command.verbose, "Also shows the phases of runs that are ok.");
    to.duration("--timeout", command.timeout,
                "How long one check may take, instead of the configuration's (5s for a URL).");
    to.colour();
}

}  // namespace

const Subcommand subcommand::check = make_subcommand<Check, declare, run>(
    "check",
    "Runs checks once, now, from here. The exit code is 0 when all is ok, 1 degraded, 2 "
    "failed, 3 unknown; a component named in full counts as critical.",
    "  vitals check                          all components of the configuration\n"
    "  vitals check 'databases/*' disk       some of them\n"
    "  vitals check tag:storage '!kind:s3'   by tag, and not those of a kind\n"
    "  vitals check https://example.org tcp://127.0.0.1:5432\n"
    "  vitals check --format nagios -c /etc/vitals/vitals.yaml\n");

}  // namespace vitals::cli
