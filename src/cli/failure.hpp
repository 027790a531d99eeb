// Why a command could not do its work.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cli/formats.hpp"
#include "config/config.hpp"

namespace vitals::cli {

struct Failure {
    int code = 0;          // exit_code.hpp
    std::string text;      // one line for a person
    bool located = false;  // lines that begin with `file:line:column:`, printed as they are
};

// Prints it on standard error, `located` lines as they are, others after the name of the command.
// Nagios uses the first line as the headline and knows only four codes: for it, prints UNKNOWN on
// standard output and returns 3. Returns the exit code.
int give_up(std::string_view command, const Failure& failure, Format format);

// The configuration of that name, or the one that is found.
std::expected<config::Config, Failure> load_configuration(const std::string& file, bool secrets);

// That name, or the name of the file that is found.
std::expected<std::string, Failure> find_configuration(const std::string& file);

}  // namespace vitals::cli
