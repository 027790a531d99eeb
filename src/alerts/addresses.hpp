// The addresses of components' hosts, and when they changed: one of the things that may have
// happened before an incident. Bounded. Hosts whose addresses change all the time are not reported.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals::alerts {

class Addresses {
  public:
    // A run of that component has resolved that name. Returns what changed since its last run, in
    // one line: `db.example resolves to 10.0.0.2 (was 10.0.0.1)`.
    std::optional<std::string> look(const std::string& component, const std::string& host,
                                    std::vector<std::string> found, Steady now);
    void forget(std::string_view component);

  private:
    struct Known {
        std::vector<std::string> addresses;  // ascending
        unsigned changes = 0;                // each less than an hour after the one before
        Steady changed{};
    };
    std::map<std::string, std::map<std::string, Known>, std::less<>> known_;  // component, host
};

}  // namespace vitals::alerts
