// From the sections `alerts` and `maintenance` to the settings of the policy and the receivers:
// pure translations, no I/O.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "alerts/actions.hpp"
#include "alerts/policy.hpp"
#include "alerts/receivers/receiver.hpp"
#include "config/config.hpp"

namespace vitals::app {

// One receiver of a configuration may be several for the policy: one for each address
// (`mail/a@example.org`), each with its own queue.
alerts::Settings alert_settings_of(const config::Config& config);
std::vector<alerts::receivers::Configured> receivers_of(const config::Config& config);
// `on_failed`, by component.
std::map<std::string, alerts::OnFailed, std::less<>> actions_of(const config::Config& config);

// The name of this machine in messages; empty if it has none.
std::string host_name();

// What is wrong with the name of a time zone, or empty; for config::Catalog.
std::string zone_problem(const std::string& zone);

// How long after a component's failure was noticed a receiver is told at the latest; nothing if no
// rule matches it.
std::optional<std::chrono::milliseconds> told_wait(const config::Config& config,
                                                   const Component& component);

}  // namespace vitals::app
