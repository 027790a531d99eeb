// What is pushed to components that all nodes share: whichever node is told, all know it. The
// latest push counts, by a hybrid clock, and of two at the same time that of the node whose name is
// greater; how long it holds is counted by the steady clock of the node that heard it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/hybrid_clock.hpp"
#include "fleet/message.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::fleet {

class Pushes {
  public:
    // The components that are shared from now on. Everything about others is forgotten.
    void configure(const std::vector<std::string>& names);
    bool shares(std::string_view name) const { return latest_.contains(name); }
    bool empty() const noexcept { return latest_.empty(); }

    // A push to this node, at that time of the wall clock, in milliseconds. The next turn() tells
    // it.
    void tell(std::string_view name, const Outcome& outcome, std::chrono::milliseconds valid_for,
              const std::string& node, std::uint64_t wall, Steady now);
    // A push to another node. Returns how long it holds; nothing: the component is not shared, a
    // later push is known, or it no longer holds.
    std::optional<std::chrono::milliseconds> take(std::string_view name, const std::string& node,
                                                  const Pushed& pushed, Steady now);
    // Calls `send` with the pushes that this node must tell now: a new one at once, once more soon
    // because the first message may be lost, then at times while it holds. `all`: another node
    // asked for all.
    void turn(bool all, Steady now,
              const std::function<void(const std::string& name, Pushed pushed)>& send);

  private:
    struct Latest {
        HybridTime at{};
        std::string node;  // that got the push
        // The push to this node, which it tells.
        std::optional<Pushed> own;
        Steady pushed_at{}, valid_until{}, due{};
        unsigned told = 0;
    };
    HybridClock clock_;
    std::map<std::string, Latest, std::less<>> latest_;  // by component
};

}  // namespace vitals::fleet
