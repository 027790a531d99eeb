// From the words on the command line to a command, or to the help or the error to print. The only
// place that knows CLI11. Reads nothing: the commands read the environment.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/subcommand.hpp"

namespace vitals::cli {

// The grammar, for help and completion: made from the parser itself.
struct Argument {
    std::vector<std::string> names;  // "-c", "--config"; a positional has none
    std::string value;               // "FILE", "table|json", "NAME"; empty: a flag
    std::string sentence;
    bool required = false;
    bool repeated = false;
};

struct Grammar {
    std::string name;  // "vitals", "vitals check"
    std::string sentence;
    std::string example;  // lines
    std::vector<Argument> options;
    std::vector<Argument> positionals;
    std::vector<Grammar> subcommands;
};

const Grammar& grammar();

// Help for a terminal of that width (0: 80 columns).
std::string help_text(const Grammar& grammar, std::size_t width);

// Requested output: a text on standard output, exit code 0.
struct Shown {
    std::string text;
};
// A subcommand with its arguments.
struct Command {
    const Subcommand* subcommand = nullptr;
    AnyOptions options;
};
// Not understood: a text on standard error, exit code 64.
struct Misused {
    std::string text;
};

struct CommandLine {
    std::variant<Command, Shown, Misused> meaning;
    Colour colour = Colour::automatic;
};

// The words after the program's name.
CommandLine parse(const std::vector<std::string>& words, std::size_t help_width);

// The format on the command line, even if the rest is not understood: a monitoring system expects
// errors in its own format.
Format format_asked_for(const std::vector<std::string>& words);

}  // namespace vitals::cli
