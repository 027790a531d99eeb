// vitals kinds, vitals schema: the configuration's own description.
#include <algorithm>

#include "app/catalog.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/reference.hpp"
#include "config/config.hpp"
#include "text/words.hpp"

namespace vitals::cli {

int run(const Kinds& command, const Terminal& terminal) {
    if (command.format == "markdown") {
        return print(reference_page()) ? exit_code::ok : exit_code::output;
    }
    if (command.kind.empty()) {
        return print(kinds_table(app::kinds(), terminal)) ? exit_code::ok : exit_code::output;
    }
    const auto* kind = app::find_kind(command.kind);
    if (kind == nullptr) {
        std::vector<std::string_view> known;
        for (const auto* one : app::kinds()) known.push_back(one->description.name);
        print_error("vitals kinds: no kind " + text::in_quotes(command.kind) +
                    text::did_you_mean(command.kind, known) + '\n' +
                    "'vitals kinds' lists them.\n");
        return exit_code::usage;
    }
    return print(kind_text(*kind, terminal)) ? exit_code::ok : exit_code::output;
}

int run(const Schema&, const Terminal&) {
    auto schema = config::json_schema(app::catalog());
    if (!schema.ends_with('\n')) schema += '\n';
    return print(schema) ? exit_code::ok : exit_code::output;
}

}  // namespace vitals::cli
