// The completion script for zsh.
#include "cli/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

namespace vitals::cli {
namespace {

// Inside single quotes.
std::string quoted(std::string_view text) {
    return replaced(text, "'", "'\\''");
}

// In a description `[`, `]` and `:` have a meaning for _arguments.
std::string zsh_text(std::string_view text) {
    std::string result;
    for (const char character : quoted(text)) {
        if (character == '[' || character == ']' || character == ':') result += '\\';
        result += character;
    }
    return result;
}

std::string zsh_action(const Argument& argument) {
    switch (values_of(argument)) {
        case Values::choices:
            return '(' + choices_of(argument) + ')';
        case Values::files:
            return "_files";
        case Values::components:
            return "_vitals_names";
        case Values::kinds:
            return "_vitals_kinds";
        case Values::none:
        case Values::other:
            break;
    }
    return " ";
}

std::string zsh_option(const Argument& option) {
    const auto value = option.value.empty()
                           ? std::string()
                           : fmt::format(":{}:{}", zsh_text(option.value), zsh_action(option));
    const auto sentence = zsh_text(option.sentence);
    if (option.names.size() == 1) {
        return fmt::format("'{}[{}]{}'", option.names.front(), sentence, value);
    }
    return fmt::format("'({})'{{{}}}'[{}]{}'", fmt::join(option.names, " "),
                       fmt::join(option.names, ","), sentence, value);
}

std::string zsh_command(const Grammar& grammar) {
    auto text =
        fmt::format("                {})\n                    _arguments", command_of(grammar));
    for (const auto& option : grammar.options) {
        text += " \\\n                        " + zsh_option(option);
    }
    for (const auto& positional : grammar.positionals) {
        const auto action =
            positional.value.starts_with("-- ") ? std::string("_normal") : zsh_action(positional);
        text += fmt::format(" \\\n                        '{}:{}:{}'",
                            positional.repeated ? "*" : "", zsh_text(positional.value), action);
    }
    return text + "\n                    ;;\n";
}

constexpr std::string_view frame = R"zsh(#compdef vitals
# zsh completion for vitals; made by 'vitals completion zsh'
_vitals_names() {
    local -a names
    names=("${(@f)$(vitals completion names 2>/dev/null)}")
    compadd -a names
}
_vitals_kinds() {
    local -a kinds
    kinds=("${(@f)$(vitals completion kinds 2>/dev/null)}")
    compadd -a kinds
}
_vitals() {
    local context state state_descr line
    typeset -A opt_args
    _arguments -C @OPTIONS@ \
        '1:command:->command' '*::argument:->argument'
    case $state in
        command)
            local -a commands
            commands=(
@COMMANDS@            )
            _describe command commands
            ;;
        argument)
            case $line[1] in
@CASES@            esac
            ;;
    esac
}
if [ "$funcstack[1]" = "_vitals" ]; then _vitals "$@"; else compdef _vitals vitals; fi
)zsh";

}  // namespace

std::string zsh_completion(const Grammar& grammar) {
    std::string options;
    std::string commands;
    std::string cases;
    for (const auto& option : grammar.options) {
        options += (options.empty() ? "" : " \\\n        ") + zsh_option(option);
    }
    for (const auto& sub : grammar.subcommands) {
        const auto sentence = sub.sentence.substr(0, sub.sentence.find(". "));
        commands += fmt::format("                '{}:{}'\n", command_of(sub), quoted(sentence));
        cases += zsh_command(sub);
    }
    return replaced(replaced(replaced(frame, "@OPTIONS@", options), "@COMMANDS@", commands),
                    "@CASES@", cases);
}

}  // namespace vitals::cli
