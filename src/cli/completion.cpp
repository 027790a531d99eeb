// vitals completion: prints the script for a shell, or the names that such a script needs.
#include "cli/completion.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "app/catalog.hpp"
#include "cli/exit_code.hpp"
#include "config/config.hpp"

namespace vitals::cli {

Values values_of(const Argument& argument) {
    const auto& value = argument.value;
    if (value.empty()) return Values::none;
    if (value == "FILE") return Values::files;
    if (value.starts_with("NAME")) return Values::components;
    if (value == "KIND") return Values::kinds;
    return value.contains('|') ? Values::choices : Values::other;
}

std::string choices_of(const Argument& argument) {
    auto words = argument.value;
    std::ranges::replace(words, '|', ' ');
    return words;
}

std::string command_of(const Grammar& grammar) {
    return grammar.name.substr(grammar.name.rfind(' ') + 1);
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
    std::string result(text);
    for (auto at = result.find(what); at != std::string::npos;
         at = result.find(what, at + with.size())) {
        result.replace(at, what.size(), with);
    }
    return result;
}

static int run(const Completion& command, const Terminal&) {
    std::string text;
    if (command.shell == "bash") text = bash_completion(grammar());
    if (command.shell == "zsh") text = zsh_completion(grammar());
    if (command.shell == "fish") text = fish_completion(grammar());
    if (command.shell == "kinds") {
        for (const auto* kind : app::kinds()) {
            text += std::string(kind->description.name) + '\n';
        }
    }
    if (command.shell == "names") {
        // Called while somebody types: a missing or wrong file completes to nothing.
        config::Options options;
        options.secrets = false;
        if (const auto file = config::find_file()) {
            if (const auto config = config::load(*file, app::catalog(), options)) {
                for (const auto& component : config->components) {
                    text += component.component->name + '\n';
                }
            }
        }
    }
    return print(text) ? exit_code::ok : exit_code::output;
}

namespace {

void declare(Arguments& to, Completion& command) {
    constexpr const char* shells = "bash|zsh|fish";
    to.required(shells, command.shell, "The shell.", [](const std::string& given) -> std::string {
        // What the scripts themselves ask for.
        if (given == "names" || given == "kinds") return {};
        return not_among(shells, given);
    });
}

}  // namespace

const Subcommand subcommand::completion = make_subcommand<Completion, declare, run>(
    "completion", "Prints a completion script for a shell.",
    "  vitals completion bash > /etc/bash_completion.d/vitals\n"
    "  vitals completion zsh > \"${fpath[1]}/_vitals\"\n"
    "  vitals completion fish > ~/.config/fish/completions/vitals.fish\n");

}  // namespace vitals::cli
