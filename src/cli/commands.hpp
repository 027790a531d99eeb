// What can be asked for on the command line, and the functions that do it, one file each. A command
// returns the exit code (exit_code.hpp); what goes wrong it says in one line on standard error.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/formats.hpp"
#include "cli/terminal.hpp"

namespace vitals::cli {

struct Serve {
    std::string file;  // empty: looked for
    std::optional<std::string> log_level;
    std::optional<std::string> log_format;
};

struct Check {
    std::vector<std::string> targets;  // selectors, URLs; none: all components
    std::string file;
    Format format = Format::table;
    std::optional<std::chrono::milliseconds> timeout;
};

// How a daemon is found and spoken to; see daemon_client.hpp.
struct DaemonOptions {
    std::string url;
    std::string file;
    std::string token_file;
    std::string ca;
};

struct ShowStatus {
    std::vector<std::string> names;
    DaemonOptions daemon;
    Format format = Format::table;
    bool watch = false;
    bool ready = false;  // the exit code is 0 or 1: whether it does its work, degraded or not
    std::chrono::milliseconds every{2'000};
};

struct Validate {
    std::string file;
    bool secrets = true;
};

struct Kinds {
    std::string kind;
    std::string format = "table";  // table | markdown
};

struct Schema {};

struct Heartbeat {
    std::string name;
    DaemonOptions daemon;
    std::optional<std::chrono::milliseconds> every;
    std::optional<std::chrono::milliseconds> ttl;
    std::optional<std::chrono::milliseconds> retry;
    bool create = false;
    std::string detail;
    std::vector<std::string> command;
};

struct Remove {
    std::string name;
    DaemonOptions daemon;
};

struct Drain {
    DaemonOptions daemon;
    std::string text = "OK";  // "OK": back in service
};

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

struct Completion {
    std::string shell;
};

using Command = std::variant<Serve, Check, ShowStatus, Validate, Kinds, Schema, Heartbeat, Remove,
                             Drain, Drill, Completion>;

int run(const Serve& command, const Terminal& terminal);
int run(const Check& command, const Terminal& terminal);
int run(const ShowStatus& command, const Terminal& terminal);
int run(const Validate& command, const Terminal& terminal);
int run(const Kinds& command, const Terminal& terminal);
int run(const Schema& command, const Terminal& terminal);
int run(const Heartbeat& command, const Terminal& terminal);
int run(const Remove& command, const Terminal& terminal);
int run(const Drain& command, const Terminal& terminal);
int run(const Drill& command, const Terminal& terminal);
int run(const Completion& command, const Terminal& terminal);

}  // namespace vitals::cli
