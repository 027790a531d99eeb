// The incidents of a running daemon for commands, and what people do about them from a terminal:
// vitals alerts, vitals ack, vitals note, vitals silence.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon_client.hpp"
#include "cli/subcommand.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::cli {

struct ToldReceiver {
    std::string receiver, kind, state, problem;
    System at{};
    std::uint64_t tries = 0;
};

struct KnownIncident {
    std::string id, title, level, acknowledged_by, acknowledged_reason;
    std::vector<std::string> causes, members;
    System opened{};
    std::optional<System> closed_at;
    bool closed = false, waiting = false, flapping = false, muted = false;
    std::vector<ToldReceiver> told, next;
};

// From the body of GET /v1/incidents. The error says what is wrong with the answer.
std::expected<std::vector<KnownIncident>, std::string> read_incidents(std::string_view body);
// The incident of that id, or the open one in which a component of that name is a cause or a
// consequence; null: there is none.
const KnownIncident* find_incident(const std::vector<KnownIncident>& all, std::string_view wanted);
// For a person.
std::string incidents_text(const std::vector<KnownIncident>& all, System now,
                           const Terminal& terminal);

// The open incident that the argument names.
std::expected<KnownIncident, Failure> ask_for_incident(const Daemon& daemon,
                                                       const std::string& wanted);
// The user at the terminal: $SUDO_USER, else $USER, else empty.
std::string person_here();

struct ShowAlerts {
    std::string what, receiver;
    std::string format = "table";
    DaemonOptions daemon;
};
struct Acknowledge {
    std::string incident, reason, by;
    DaemonOptions daemon;
};
struct AddNote {
    std::string incident, text, by;
    std::string state;
    bool is_public = false;
    DaemonOptions daemon;
};
struct Silence {
    std::string match, duration, reason, by, end;
    bool maintenance = false;
    DaemonOptions daemon;
};

namespace subcommand {
extern const Subcommand alerts, ack, note, silence;
}  // namespace subcommand

}  // namespace vitals::cli
