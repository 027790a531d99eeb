// The content of the manual pages.
#include <fmt/format.h>

#include <algorithm>

#include "app/catalog.hpp"
#include "app/daemon.hpp"
#include "cli/man.hpp"
#include "cli/reference.hpp"
#include "cli/roff.hpp"
#include "config/sections.hpp"
#include "dialects/dialect.hpp"

namespace vitals::cli {
namespace {

Roff begin(std::string_view name, int section, std::string_view date) {
    return {name, section, date, std::string("vitals ") + app::version};
}

// The first of several sentences, in the form of a name's line: no capital, no full stop.
std::string in_one_line(std::string_view sentence) {
    std::string made(sentence.substr(0, sentence.find(". ")));
    if (made.ends_with('.') || made.ends_with('?')) made.pop_back();
    // Keeps `JSON` and `YAML`.
    if (made.size() > 1 && made[1] >= 'a' && made[1] <= 'z' && made[0] >= 'A' && made[0] <= 'Z')
        made[0] = static_cast<char>(made[0] - 'A' + 'a');
    return made;
}

void name(Roff& page, std::string_view name, std::string_view sentence) {
    page.heading("Name");
    page.line(roff_escaped(name) + " \\- " + roff_escaped(in_one_line(sentence)));
}

std::string page_name(const Grammar& command) {
    std::string made = command.name;
    std::ranges::replace(made, ' ', '-');
    return made;
}

// `\fB\-c\fR, \fB\-\-config\fR \fIFILE\fR`, with the first name left to the caller.
std::string rest_of(const Argument& option) {
    std::string made;
    for (std::size_t at = 1; at < option.names.size(); ++at)
        made += (made.empty() ? "" : " ") + bold(option.names[at]);
    if (!option.value.empty()) made += (made.empty() ? "" : " ") + italic(option.value);
    return made;
}

void arguments(Roff& page, const Grammar& command) {
    if (!command.positionals.empty()) page.heading("Arguments");
    for (const auto& each : command.positionals)
        page.tagged(each.value, each.repeated ? "..." : "", each.sentence);
    if (!command.options.empty()) page.heading("Options");
    for (const auto& each : command.options)
        page.tagged(each.names.front(), rest_of(each), each.sentence);
}

void synopsis(Roff& page, const Grammar& command) {
    page.heading("Synopsis");
    std::string line = bold(command.name);
    if (!command.subcommands.empty()) line += " " + italic("COMMAND");
    if (!command.options.empty()) line += " [" + italic("OPTIONS") + "]";
    for (const auto& each : command.positionals) {
        const auto shown = italic(each.value) + (each.repeated ? " ..." : "");
        line += ' ' + (each.required ? shown : '[' + shown + ']');
    }
    page.line(line);
}

void exit_status(Roff& page) {
    page.heading("Exit status");
    page.paragraph("Commands that show the state of components end with the worst of it.");
    for (const auto& [code, meaning] :
         {std::pair{"0", "Everything is ok, or the command has succeeded."},
          std::pair{"1", "Degraded."}, std::pair{"2", "Failed."}, std::pair{"3", "Unknown."},
          std::pair{"64", "The command line is wrong, or names what does not exist."},
          std::pair{"69", "No daemon is there."}, std::pair{"70", "A fault of vitals itself."},
          std::pair{"71", "A listener cannot be bound."},
          std::pair{"74", "The output cannot be written."},
          std::pair{"75", "Another daemon uses the state directory."},
          std::pair{"77", "The daemon refuses."}, std::pair{"78", "The configuration is wrong."}})
        page.tagged(code, "", meaning);
    page.paragraph("With the format nagios every other code than 0 to 2 is 3.");
}

void environment(Roff& page) {
    page.heading("Environment");
    for (const auto& [variable, meaning] :
         {std::pair{"VITALS_URL", "The address of the daemon, instead of --url."},
          std::pair{"VITALS_TOKEN", "The token to show, instead of --token-file."},
          std::pair{"NO_COLOR", "If it is set, nothing is coloured."},
          std::pair{"COLUMNS", "How wide the output is, also without a terminal."}})
        page.tagged(variable, "", meaning);
    page.paragraph("A configuration may name further variables in its values.");
}

void files(Roff& page) {
    page.heading("Files");
    page.tagged("./vitals.yaml", "", "The configuration, if none is named.");
    page.tagged("/etc/vitals/vitals.yaml", "",
                "The configuration, if none is named and none is in the current directory.");
}

void see_also(Roff& page, std::string_view own, const Grammar& program) {
    page.heading("See also");
    std::string line;
    const auto add = [&](std::string_view name, int section) {
        if (name == own) return;
        line += fmt::format("{}{}({})", line.empty() ? "" : ",\n", bold(name), section);
    };
    add("vitals", 1);
    for (const auto& each : program.subcommands) add(page_name(each), 1);
    add("vitals.yaml", 5);
    page.line(line);
}

// "duration, default 5s, at least 1ms", in round brackets.
std::string facts(const KeyText& key) {
    std::string text = key.type;
    if (key.required) text += ", required";
    if (!key.fallback.empty()) text += ", default " + key.fallback;
    if (!key.limits.empty()) text += ", " + key.limits;
    return roff_escaped('(' + text + ')');
}

void keys(Roff& page, std::span<const Field> fields, const ObjectRef& defaults) {
    for (const auto& key : keys_of(fields, defaults)) {
        page.tagged(key.name, facts(key), key.sentence);
        if (!key.example.empty()) page.more("Example: " + key.example);
    }
}

void sections(Roff& page) {
    page.heading("Sections");
    for (const auto& section : config::all_sections()) {
        const auto& description = section.description;
        const auto defaults = description.make();
        page.subheading(description.name);
        page.paragraph(description.sentence);
        keys(page, description.fields, defaults.ref());
        if (description.name != "workers") continue;
        for (const auto& source : app::catalog().sources) {
            if (source.description.fields.empty()) continue;
            page.paragraph(fmt::format("With source: {}. {}", source.description.name,
                                       source.description.sentence));
            const auto made = source.description.make();
            keys(page, source.description.fields, made.ref());
        }
    }
}

void kinds(Roff& page) {
    page.heading("Kinds of check");
    page.paragraph(
        "Each component has the common keys of the section components, and the keys of its kind.");
    for (const auto* kind : app::kinds()) {
        const auto& description = kind->description;
        page.subheading(description.name);
        page.paragraph(description.sentence);
        page.paragraph("What a run proves: " + std::string(kind->proves));
        const auto defaults = description.make();
        keys(page, description.fields, defaults.ref());
        page.verbatim(example_of(*kind));
    }
}

void formats(Roff& page) {
    page.heading("Dialects");
    page.paragraph(
        "Each entry of the section endpoints has the common keys there, and the keys of its "
        "dialect.");
    for (const auto* dialect : dialects::all()) {
        const auto& description = dialect->description;
        page.subheading(description.name);
        page.paragraph(std::string(description.sentence) +
                       (dialect->protocol == Protocol::http
                            ? fmt::format(" Usual path: {}.", dialect->usual_path)
                            : " Listens by itself, on its address."));
        if (description.fields.empty() || description.make == nullptr) continue;
        const auto defaults = description.make();
        keys(page, description.fields, defaults.ref());
    }
}

}  // namespace

std::string program_page(const Grammar& program, std::string_view date) {
    Roff page = begin("vitals", 1, date);
    name(page, "vitals", "checks services, and serves their health in many formats");
    synopsis(page, program);
    page.heading("Description");
    page.paragraph(program.sentence);
    page.heading("Commands");
    for (const auto& each : program.subcommands)
        page.tagged(page_name(each), "(1)", each.sentence.substr(0, each.sentence.find(". ")));
    arguments(page, program);
    page.heading("Examples");
    page.verbatim(program.example);
    exit_status(page);
    environment(page);
    files(page);
    see_also(page, "vitals", program);
    return page.text();
}

std::string command_page(const Grammar& command, std::string_view date) {
    Roff page = begin(page_name(command), 1, date);
    name(page, page_name(command), command.sentence);
    synopsis(page, command);
    page.heading("Description");
    page.paragraph(command.sentence);
    arguments(page, command);
    if (!command.example.empty()) {
        page.heading("Examples");
        page.verbatim(command.example);
    }
    page.heading("Exit status");
    page.paragraph("As of all commands; vitals(1) lists them.");
    see_also(page, page_name(command), grammar());
    return page.text();
}

std::string configuration_page(std::string_view date) {
    Roff page = begin("vitals.yaml", 5, date);
    name(page, "vitals.yaml", "configuration of vitals");
    page.heading("Description");
    page.paragraph(
        "One YAML file says what is checked and what is served. The command vitals-validate(1) "
        "says everything that is wrong with it, vitals-kinds(1) shows one kind of check, and "
        "vitals-schema(1) prints a JSON Schema for editors.");
    page.heading("Examples");
    page.verbatim(example_configuration);
    page.heading("Values");
    for (const auto& form : value_forms) page.tagged(form.type, "", form.spoken());
    sections(page);
    kinds(page);
    formats(page);
    see_also(page, "vitals.yaml", grammar());
    return page.text();
}

}  // namespace vitals::cli
