// Which services are out of service on all nodes. Whoever said so last is right, by a hybrid clock,
// of two at the same time the node whose name is greater; losing contact changes nothing. Pure.
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

    // What was said here, at that time on the wall, in milliseconds. False: there are too many.
    bool tell(const std::string& service, std::string text, std::string by, const std::string& node,
              std::uint64_t wall);
    // What somebody else said, or this node in an earlier process. True: it is news.
    bool take(const std::string& service, const Drain& drain);
    const std::map<std::string, Drain, std::less<>>& all() const noexcept { return drains_; }
    const Drain* find(std::string_view service) const;

  private:
    HybridClock clock_;
    std::map<std::string, Drain, std::less<>> drains_;
};

}  // namespace vitals::fleet
