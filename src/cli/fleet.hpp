// vitals fleet: the nodes of a fleet as one node knows them, and services that are out of service
// on all nodes.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct ShowFleet {
    DaemonOptions daemon;
    std::string what;  // `drain`, `undrain`, or empty
    std::string text;
    std::string service;
    std::string format = "table";
};

// The text for an answer of GET /v1/fleet; empty: it is not one.
std::string fleet_text(std::string_view body);

namespace subcommand {
extern const Subcommand fleet;
}

}  // namespace vitals::cli
