// Which services are out of service on all nodes. The latest statement counts, by a hybrid clock;
// of two at the same time, that of the node with the greater name. Losing contact changes nothing.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/hybrid_clock.hpp"
#include "fleet/message.hpp"

namespace vitals::fleet {

class Drains {
  public:
    static constexpr std::size_t most = 1'000;

    // A statement on this node, at that time of the wall clock, in milliseconds. False: there are
    // too many.
    bool tell(const std::string& service, std::string text, std::string by, const std::string& node,
              std::uint64_t wall);
    // A statement of another node, or of this node in an earlier process. True: it is new.
    bool take(const std::string& service, const Drain& drain);
    const std::map<std::string, Drain, std::less<>>& all() const noexcept { return drains_; }
    const Drain* find(std::string_view service) const;

  private:
    HybridClock clock_;
    std::map<std::string, Drain, std::less<>> drains_;
};

}  // namespace vitals::fleet
