// vitals drill proxy: a fault proxy that takes commands.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

struct DrillProxy {
    std::string listen, to;  // one proxy; or
    std::string routes;      // a file of them
    std::string fault = "none";
    std::string tls;         // at-once | http2 | postgres | smtp; empty: no TLS of its own
    std::string control;     // where it takes commands, besides standard input
    std::string ca;          // file for the authority's certificate
    bool datagrams = false;  // UDP, of --listen and --to
    bool exposed = false;
};

void declare_drill_proxy(Arguments& to, DrillProxy& command);
// Runs until it is told to end. Returns the exit code.
int run_drill_proxy(const DrillProxy& command);
// The faults, for the help.
std::string faults_in_words();

}  // namespace vitals::cli
