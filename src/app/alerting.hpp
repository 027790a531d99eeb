// From the sections `alerts` and `maintenance` to the policy's settings and the receivers: pure
// translations, no I/O.
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

// What a configuration calls one receiver may be several for the policy: an address each
// (`mail/a@example.org`), so that each has a queue of its own.
alerts::Settings alert_settings_of(const config::Config& config);
std::vector<alerts::receivers::Configured> receivers_of(const config::Config& config);
// `on_failed`, by component.
std::map<std::string, alerts::OnFailed, std::less<>> actions_of(const config::Config& config);

// What messages call the machine that vitals runs on; empty where it has no name.
std::string host_name();

// What is wrong with the name of a time zone, or empty; for config::Catalog.
std::string zone_problem(const std::string& zone);

// How long after a component's failure was noticed somebody is told at the latest; nothing where no
// rule is for it.
std::optional<std::chrono::milliseconds> told_wait(const config::Config& config,
                                                   const Component& component);

}  // namespace vitals::app
