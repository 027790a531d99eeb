// A command that runs in our place: it gets our signals, and its end becomes ours.
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
// is started after. Call it before any thread is.
void hold_signals();

// Starts the command with our standard streams and waits for its end. SIGTERM, SIGINT, SIGHUP,
// SIGQUIT, SIGUSR1 and SIGUSR2 that reach us are passed on. Not found: code 127, not executable:
// 126, as shells have it. `output` (or null) keeps the last lines of what it writes.
std::expected<Ending, Failure> run_child(const std::vector<std::string>& command,
                                         OutputTail* output = nullptr);

// Waits until SIGTERM, SIGINT, SIGHUP or SIGQUIT reaches us; returns its number.
int wait_for_end();
// Waits for so long; true: one of those reached us, and it is over at once.
bool end_comes_within(std::chrono::milliseconds time);

}  // namespace vitals::cli
