// vitals explain: explains the status of a component, from a running daemon; or, if no daemon
// answers, from one run of its check.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "cli/subcommand.hpp"
#include "model/explain.hpp"

namespace vitals::cli {

struct Explain {
    std::string name;
    std::string format = "text";
    std::string at;  // empty: now
    DaemonOptions daemon;
};

// An explanation and the name of its component.
struct Explained {
    std::string component;
    Status status = Status::unknown;
    std::optional<System> since, observed;
    std::chrono::nanoseconds timeout{};
    std::string runbook;
    Explanation told;
    LastFailure last_failure;
};

// The answer of GET /v1/components/NAME/explain; the error says that it is not one.
std::expected<Explained, std::string> read_explanation(std::string_view body);
// For a person, at most as wide as the terminal.
std::string explanation_text(const Explained& explained, const Terminal& terminal, System now);

namespace subcommand {
extern const Subcommand explain;
}  // namespace subcommand

}  // namespace vitals::cli
