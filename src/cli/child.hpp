// A command that runs instead of this program: it gets the same signals, and this program ends as
// the command does.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "cli/failure.hpp"
#include "cli/output_tail.hpp"

namespace vitals::cli {

// How a process ended.
struct Ending {
    int code = 0;      // its exit code, or 128 + the signal's number, as shells have it
    std::string text;  // "exited with 3", "killed by signal 9 (Killed)"; empty when all went well
};

// The signals that run_child() takes while it waits are blocked from here on, in every thread that
// starts later. Call it before any thread starts.
void hold_signals();

// Starts the command with the same standard streams and waits for its end. Forwards SIGTERM,
// SIGINT, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2. Not found: code 127; not executable: 126, as in
// shells. `output` (or null) keeps the last lines of its output.
std::expected<Ending, Failure> run_child(const std::vector<std::string>& command,
                                         OutputTail* output = nullptr);

// Waits until SIGTERM, SIGINT, SIGHUP or SIGQUIT arrives; returns its number.
int wait_for_end();
// Waits for this time. True: one of those signals arrived, and it returned at once.
bool end_comes_within(std::chrono::milliseconds time);

}  // namespace vitals::cli
