// vitals explain NAME --at TIME: explains a past status of a component, from the history of a
// daemon.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon_client.hpp"
#include "cli/incidents.hpp"
#include "cli/terminal.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::cli {

// `2026-11-30T03:12:00Z`, `03:12` or `03:12:30` (the latest such time of this machine's clock), or
// `2h` (2 hours ago). Nothing for any other text, or for a time in the future.
std::optional<System> moment_of(std::string_view text, System now);

struct PastTransition {
    std::string component;
    std::string from, to;  // ok, degraded, failed, unknown, blind, unwatched
    System first{}, at{};  // the first run that found it, and the verdict
    std::string why;
    std::optional<std::chrono::nanoseconds> lasted;  // the former state
};

// The body of GET /v1/transitions, newest first. The error says that it is not one.
std::expected<std::vector<PastTransition>, std::string> read_transitions(std::string_view body);

struct PastExplained {
    std::string component;
    System asked{};
    PastTransition state;                // the state at that time
    std::optional<System> until;         // when the state changed
    std::vector<PastTransition> before;  // of others, in the ten minutes before, oldest first
    std::optional<KnownIncident> incident;
};

// For a person, at most as wide as the terminal.
std::string past_text(const PastExplained& past, const Terminal& terminal, System now);
std::string past_json(const PastExplained& past);

// Asks the daemon. If nothing is known of that moment, the error says so.
std::expected<PastExplained, Failure> explain_past(const Daemon& daemon, const std::string& name,
                                                   System at);

}  // namespace vitals::cli
