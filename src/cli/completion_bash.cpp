// The completion script for bash. It needs no bash-completion package.
#include "cli/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

namespace vitals::cli {
namespace {

std::string bash_action(const Argument& argument) {
    switch (values_of(argument)) {
        case Values::choices:
            return "_vitals_words '" + choices_of(argument) + '\'';
        case Values::files:
            return "_vitals_files";
        case Values::components:
            return "_vitals_ask names";
        case Values::kinds:
            return "_vitals_ask kinds";
        case Values::none:
        case Values::other:
            break;
    }
    return ":";
}

std::string bash_command(const Grammar& grammar, const std::string& pattern) {
    auto text = fmt::format("        {})\n            case $previous in\n", pattern);
    std::string names;
    for (const auto& option : grammar.options) {
        for (const auto& name : option.names) names += (names.empty() ? "" : " ") + name;
        if (option.value.empty()) continue;
        text += fmt::format("                {}) {}; return ;;\n", fmt::join(option.names, "|"),
                            bash_action(option));
    }
    text += fmt::format(
        "            esac\n            if [[ $current == -* ]]; then _vitals_words '{}'; return; "
        "fi\n",
        names);
    if (!grammar.subcommands.empty()) {
        std::string commands;
        for (const auto& sub : grammar.subcommands) {
            commands += (commands.empty() ? "" : " ") + command_of(sub);
        }
        text += fmt::format("            _vitals_words '{}'\n", commands);
    } else if (!grammar.positionals.empty()) {
        text += fmt::format("            {}\n", bash_action(grammar.positionals.front()));
    }
    return text + "            ;;\n";
}

constexpr std::string_view frame =
    R"bash(# bash completion for vitals; made by 'vitals completion bash'
_vitals_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}
_vitals_files() {
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
# Names from the program itself: of components, or of kinds. They may hold spaces.
_vitals_ask() {
    local name typed=${current//\\/}
    while IFS= read -r name; do
        [[ $name == "$typed"* ]] && COMPREPLY+=("$(printf '%q' "$name")")
    done < <("${COMP_WORDS[0]}" completion "$1" 2>/dev/null)
}
_vitals() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' i
    COMPREPLY=()
    # bash breaks words at '=', so that --format=json is three.
    if [[ $current == '=' ]]; then
        current=''
    elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            @COMMANDS@) command=${COMP_WORDS[i]}; break ;;
        esac
    done
    # Behind `--` stands a command that is not ours.
    for ((; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -- ]]; then compopt -o default; return; fi
    done
    case $command in
@CASES@    esac
}
complete -F _vitals vitals
)bash";

}  // namespace

std::string bash_completion(const Grammar& grammar) {
    std::string commands;
    std::string cases;
    for (const auto& sub : grammar.subcommands) {
        commands += (commands.empty() ? "" : "|") + command_of(sub);
        cases += bash_command(sub, command_of(sub));
    }
    cases += bash_command(grammar, "*");
    return replaced(replaced(frame, "@COMMANDS@", commands), "@CASES@", cases);
}

}  // namespace vitals::cli
