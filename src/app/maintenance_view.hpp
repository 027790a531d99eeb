// When components were in maintenance, for threads other than the desk's: a copy that the desk
// renews.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "alerts/saved.hpp"
#include "model/uptime.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::app {

class MaintenanceView {
  public:
    void renew(std::vector<alerts::MaintenanceSpan> spans);
    void renew(std::shared_ptr<const Snapshot> snapshot);
    // Between these moments, merged. Any thread.
    std::vector<Stretch> of(std::string_view component, System from, System to) const;

  private:
    mutable std::mutex mutex_;
    std::vector<alerts::MaintenanceSpan> spans_;
    std::shared_ptr<const Snapshot> snapshot_;  // null: there was none yet
};

}  // namespace vitals::app
