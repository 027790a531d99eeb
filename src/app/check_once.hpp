// Runs every component once: for `vitals check` and cron jobs. The checks, deadlines and outcomes
// are the same as in the daemon, but without thresholds, because there is only one run.
#pragma once

#include <memory>
#include <vector>

#include "config/config.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::app {

// Runs all of them at the same time and returns when the last has ended: at the latest after the
// longest timeout. Pushed components are `unknown`, detail "only a daemon knows". The order is
// kept.
std::vector<std::shared_ptr<const ComponentState>> check_once(
    const std::vector<config::ComponentConfig>& components);

}  // namespace vitals::app
