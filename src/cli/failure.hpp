// Why a command cannot do what it was asked for.
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
    bool located = false;  // lines that begin with `file:line:column:`, to be left as they are
};

// Says it on standard error, `located` ones as they are, others behind the command's name. For
// Nagios, which takes the first line for the headline and knows only four codes: UNKNOWN on
// standard output, and 3.
// Returns the exit code.
int give_up(std::string_view command, const Failure& failure, Format format);

// The configuration of that name, or the one that is found.
std::expected<config::Config, Failure> load_configuration(const std::string& file, bool secrets);

// That name, or where one is found.
std::expected<std::string, Failure> find_configuration(const std::string& file);

}  // namespace vitals::cli
