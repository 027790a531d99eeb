// vitals history: the past of a component, from the daemon's history.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct ShowHistory {
    std::string name;
    std::string range = "24h";
    std::string format = "table";
    DaemonOptions daemon;
};

// The bodies of the three answers, as one text for a person. The error says which one is wrong.
std::expected<std::string, std::string> history_table(std::string_view name,
                                                      std::string_view uptime,
                                                      std::string_view history,
                                                      std::string_view transitions,
                                                      const Terminal& terminal);
// The changes as lines of CSV (RFC 4180), oldest first, with a line of names.
std::expected<std::string, std::string> changes_csv(std::string_view transitions);

namespace subcommand {
extern const Subcommand history;
}  // namespace subcommand

}  // namespace vitals::cli
