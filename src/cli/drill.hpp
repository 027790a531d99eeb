// vitals drill: a fault proxy.
#pragma once

#include <string>

#include "cli/subcommand.hpp"

namespace vitals::cli {

// Today the proxy alone: `what` is "proxy".
struct Drill {
    std::string what;
    std::string listen, to;  // one proxy; or
    std::string routes;      // a file of them
    std::string fault = "none";
    std::string tls;         // at-once | http2 | postgres | smtp; empty: none of our own
    std::string control;     // where it is told what to do, besides standard input
    std::string ca;          // file that the authority's certificate is written to
    bool datagrams = false;  // UDP, of --listen and --to
    bool exposed = false;
};

namespace subcommand {
extern const Subcommand drill;
}  // namespace subcommand

}  // namespace vitals::cli
