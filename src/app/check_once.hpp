// Every component once, by hand: what `vitals check` and cron jobs use. The same checks, deadlines
// and outcomes as the daemon's, without thresholds (one run is all there is).
#pragma once

#include <memory>
#include <vector>

#include "config/config.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::app {

// Runs all of them at the same time, returns when the last is done: at the latest at the largest
// timeout. Pushed components come out `unknown`, detail "only a daemon knows". The order is kept.
std::vector<std::shared_ptr<const ComponentState>> check_once(
    const std::vector<config::ComponentConfig>& components);

}  // namespace vitals::app
