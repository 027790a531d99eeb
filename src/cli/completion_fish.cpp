// The completion script for fish.
#include "cli/completion.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace vitals::cli {
namespace {

std::string fish_quoted(std::string_view text) {
    return '\'' + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + '\'';
}

std::string fish_action(const Argument& argument) {
    switch (values_of(argument)) {
        case Values::choices:
            return " -x -a " + fish_quoted(choices_of(argument));
        case Values::files:
            return " -r -F";
        case Values::components:
            return " -x -a '(vitals completion names 2>/dev/null)'";
        case Values::kinds:
            return " -x -a '(vitals completion kinds 2>/dev/null)'";
        case Values::none:
            return "";
        case Values::other:
            return " -x";
    }
    return "";
}

std::string fish_lines(const Grammar& grammar, const std::string& condition) {
    std::string text;
    for (const auto& option : grammar.options) {
        text += "complete -c vitals -n " + fish_quoted(condition);
        for (const auto& name : option.names) {
            text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        }
        text += fish_action(option) + " -d " + fish_quoted(option.sentence) + '\n';
    }
    if (!grammar.positionals.empty()) {
        const auto& first = grammar.positionals.front();
        const auto values = values_of(first);
        if (values != Values::other && values != Values::none) {
            text += "complete -c vitals -n " + fish_quoted(condition) + fish_action(first) + '\n';
        }
    }
    return text;
}

}  // namespace

std::string fish_completion(const Grammar& grammar) {
    std::string text =
        "# fish completion for vitals; made by 'vitals completion fish'\n"
        "complete -c vitals -f\n";
    for (const auto& sub : grammar.subcommands) {
        text += "complete -c vitals -n __fish_use_subcommand -a " + command_of(sub) + " -d " +
                fish_quoted(sub.sentence.substr(0, sub.sentence.find(". "))) + '\n';
    }
    text += fish_lines(grammar, "__fish_use_subcommand");
    for (const auto& sub : grammar.subcommands) {
        text += fish_lines(sub, "__fish_seen_subcommand_from " + command_of(sub));
    }
    return text;
}

}  // namespace vitals::cli
