// vitals explain NAME --at TIME: why a component was what it was, from the history of a daemon.
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
// `2h` (so long ago). Nothing for anything else, and for what lies ahead.
std::optional<System> moment_of(std::string_view text, System now);

struct PastTransition {
    std::string component;
    std::string from, to;  // ok, degraded, failed, unknown, blind, unwatched
    System first{}, at{};  // the first run that found it, and the verdict
    std::string why;
    std::optional<std::chrono::nanoseconds> lasted;  // what it was before
};

// The body of GET /v1/transitions, newest first. The error says that it is none.
std::expected<std::vector<PastTransition>, std::string> read_transitions(std::string_view body);

struct PastExplained {
    std::string component;
    System asked{};
    PastTransition state;                // that it was in then
    std::optional<System> until;         // when it became something else
    std::vector<PastTransition> before;  // of others, in the ten minutes before, oldest first
    std::optional<KnownIncident> incident;
};

// For a person, at most as wide as the terminal.
std::string past_text(const PastExplained& past, const Terminal& terminal, System now);
std::string past_json(const PastExplained& past);

// Asks the daemon. Nothing is known of that moment: the error says so.
std::expected<PastExplained, Failure> explain_past(const Daemon& daemon, const std::string& name,
                                                   System at);

}  // namespace vitals::cli
