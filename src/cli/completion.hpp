// Completion scripts from the grammar of the parser: every command, option and choice. A script
// asks the program for the names of components and kinds. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Completion {
    std::string shell;
};

namespace subcommand {
extern const Subcommand completion;
}

std::string bash_completion(const Grammar& grammar);
std::string zsh_completion(const Grammar& grammar);
std::string fish_completion(const Grammar& grammar);

// What may stand for an argument's value, for the scripts.
enum class Values : std::uint8_t { none, choices, files, components, kinds, other };
Values values_of(const Argument& argument);
std::string choices_of(const Argument& argument);  // of `a|b|c`: `a b c`
std::string command_of(const Grammar& grammar);    // "check" of "vitals check"

// The text with every occurrence replaced.
std::string replaced(std::string_view text, std::string_view what, std::string_view with);

}  // namespace vitals::cli
