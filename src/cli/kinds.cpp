// vitals kinds, vitals schema: the configuration's own description.
#include <algorithm>
#include <string>

#include "app/catalog.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"
#include "cli/reference.hpp"
#include "cli/subcommand.hpp"
#include "config/config.hpp"
#include "config/other_words.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

struct Kinds {
    std::string kind;
    std::string format = "table";  // table | markdown
};

struct Schema {};

int show_kinds(const Kinds& command, const Terminal& terminal) {
    if (command.format == "markdown") {
        return print(reference_page()) ? exit_code::ok : exit_code::output;
    }
    const bool json = command.format == "json";
    if (command.kind.empty()) {
        if (json) return print(kinds_json(app::kinds())) ? exit_code::ok : exit_code::output;
        return print(kinds_table(app::kinds(), terminal)) ? exit_code::ok : exit_code::output;
    }
    const auto* kind = app::find_kind(command.kind);
    if (kind == nullptr) {
        std::vector<std::string_view> known;
        for (const auto* one : app::kinds()) known.push_back(one->description.name);
        auto why = config::other_kind(command.kind);
        if (why.empty())
            why = "no kind " + text::in_quotes(command.kind) +
                  text::did_you_mean(command.kind, known, "; 'vitals kinds' lists them");
        return give_up("kinds", {exit_code::usage, why}, Format::table);
    }
    if (json) return print(kind_json(*kind)) ? exit_code::ok : exit_code::output;
    return print(kind_text(*kind, terminal)) ? exit_code::ok : exit_code::output;
}

int show_schema(const Schema&, const Terminal&) {
    auto schema = config::json_schema(app::catalog());
    if (!schema.ends_with('\n')) schema += '\n';
    return print(schema) ? exit_code::ok : exit_code::output;
}

void declare_kinds(Arguments& to, Kinds& command) {
    to.positional("KIND", command.kind, "One kind, in full.");
    to.choice(
        "-f,--format", command.format, "table|json|markdown",
        "For a terminal, for a program, or the whole reference page (docs/configuration.md).");
    to.colour();
}

void declare_schema(Arguments&, Schema&) {}

}  // namespace

namespace subcommand {

extern const Subcommand kinds = make_subcommand<Kinds, declare_kinds, show_kinds>(
    "kinds", "Lists the kinds of check. With a kind: what it proves, its options and an example.",
    "  vitals kinds\n"
    "  vitals kinds http\n");

extern const Subcommand schema = make_subcommand<Schema, declare_schema, show_schema>(
    "schema",
    "Prints the JSON Schema of the configuration. Editors use it to complete and to check while "
    "you write.",
    "  vitals schema > vitals.schema.json\n");

}  // namespace subcommand

}  // namespace vitals::cli
