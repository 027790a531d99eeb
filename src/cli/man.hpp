// vitals man: the manual pages, from the descriptions that the parser, the help and the reference
// page use.
#pragma once

#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "cli/subcommand.hpp"

namespace vitals::cli {

struct Man {
    std::string directory;
};

// Pages in the form of man(7), for groff and mandoc. `date`: 2026-11-30. Pure.
std::string program_page(const Grammar& program, std::string_view date);
std::string command_page(const Grammar& command, std::string_view date);
std::string configuration_page(std::string_view date);  // vitals.yaml(5)

namespace subcommand {
extern const Subcommand man;
}  // namespace subcommand

}  // namespace vitals::cli
