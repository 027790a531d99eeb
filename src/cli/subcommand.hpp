// A subcommand: its arguments, and what it does. Each has NAME.cpp and one line in subcommands.cpp;
// NAME.hpp only if others use its parts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/formats.hpp"
#include "cli/terminal.hpp"
#include "model/erased.hpp"

namespace CLI {
class App;
}

namespace vitals::cli {

// How to find and ask a daemon; see daemon_client.hpp.
struct DaemonOptions {
    std::string url;
    std::string file;
    std::string token_file;
    std::string ca;
};

// Declares the options of one subcommand. The values go to the given variables, which outlive the
// parsing. A sentence is for a person. Names are written `-f,--format`.
class Arguments {
  public:
    // What is wrong with a written value, or empty.
    using Verify = std::function<std::string(const std::string& given)>;

    // `behind` takes the words after `--`, `colour` takes --color; they outlive this.
    Arguments(CLI::App& app, std::vector<std::string>*& behind, std::string& colour)
        : app_(app), behind_(behind), colour_(colour) {}

    void flag(const std::string& names, bool& value, const std::string& sentence);
    void flag(const std::string& names, std::function<void()> chosen, const std::string& sentence);
    void option(const std::string& names, std::string& value, const std::string& value_name,
                const std::string& sentence, Verify verify = {});
    // One of `a|b|c`.
    void choice(const std::string& names, std::string& value, const std::string& choices,
                const std::string& sentence);
    void choice(const std::string& names, std::optional<std::string>& value,
                const std::string& choices, const std::string& sentence);
    void format(const std::string& names, Format& value, const std::string& sentence);
    // More than zero.
    void duration(const std::string& names, std::chrono::milliseconds& value,
                  const std::string& sentence);
    void duration(const std::string& names, std::optional<std::chrono::milliseconds>& value,
                  const std::string& sentence);

    void required(const std::string& name, std::string& value, const std::string& sentence,
                  Verify verify = {});
    void positional(const std::string& name, std::string& value, const std::string& sentence,
                    Verify verify = {});
    void positionals(const std::string& name, std::vector<std::string>& values,
                     const std::string& sentence);
    // The words after `--`: a command to run.
    void command(std::vector<std::string>& words, const std::string& sentence);

    // Two options that must be written together, or of which only one is allowed.
    void together(const std::string& one, const std::string& other);
    void either(const std::string& one, const std::string& other);

    // Arguments that several subcommands have.
    void configuration(std::string& file);
    void daemon(DaemonOptions& options);
    void colour();

  private:
    CLI::App& app_;
    std::vector<std::string>*& behind_;
    std::string& colour_;
};

// What is wrong with a value that must be one of `a|b|c`, or empty.
std::string not_among(std::string_view choices, const std::string& given);

struct Subcommand {
    std::string_view name;
    std::string_view sentence;
    std::string example;  // lines, for the help
    AnyOptions (*declare)(Arguments& arguments) = nullptr;
    // Does the work; returns the exit code (exit_code.hpp). Prints errors in one line on standard
    // error.
    int (*run)(const AnyOptions& command, const Terminal& terminal) = nullptr;
};

// `declare` takes (Arguments&, Command&), `run` takes (const Command&, const Terminal&).
template <class Command, auto declare, auto run>
Subcommand make_subcommand(std::string_view name, std::string_view sentence, std::string example) {
    Subcommand made{name, sentence, std::move(example)};
    made.declare = [](Arguments& arguments) {
        const auto command = std::make_shared<Command>();
        declare(arguments, *command);
        return AnyOptions(command);
    };
    made.run = [](const AnyOptions& command, const Terminal& terminal) {
        return run(command.as<Command>(), terminal);
    };
    return made;
}

// In the order of the help.
std::span<const Subcommand* const> subcommands();

}  // namespace vitals::cli
