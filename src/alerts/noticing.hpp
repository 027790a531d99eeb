// What else changed at a backend between two runs: another certificate, another version, another
// role. It is not a verdict; it is shown beside an incident that follows. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "vitals/snapshot.hpp"

namespace vitals::alerts {

class Noticing {
  public:
    // What changed since the last run of this component that reported it, in one line. Nothing is
    // kept for a component that reports no such thing.
    std::optional<std::string> look(const ComponentState& state);
    void forget(std::string_view component);

  private:
    struct Known {
        std::optional<std::int64_t> days_left;
        std::string version, role;
    };
    std::map<std::string, Known, std::less<>> known_;
};

}  // namespace vitals::alerts
