// Components of kind `group`: how many of their members are well. They are judged while a snapshot
// is made, from the states in that snapshot. Used on the engine's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "engine/engine.hpp"
#include "model/selector.hpp"
#include "model/share.hpp"
#include "net/loop.hpp"

namespace vitals::app {

class Shares {
  public:
    Shares(net::Loop& loop, engine::Engine& engine, Clock& clock);

    // Takes over the groups of a configuration, whose components exist.
    void configure(const config::Config& config);
    // Called when a snapshot is made, after all other reports.
    void judge();

  private:
    struct Share {
        std::string name;
        Selector of;
        std::string workers;  // a group of workers, or empty
        Need need;
        std::vector<std::string> members;
        Outcome told;  // last
        Steady valid_until{};
    };
    struct Counted {
        MemberCounts counts;
        Steady valid_until = Steady::max();  // when one of the results is too old
    };
    void choose_members();
    Counted count(const Share& share, Steady now) const;
    Counted count_workers(const Share& share, Steady now) const;
    void tell(Share& share, Outcome outcome, Steady valid_until);

    engine::Engine& engine_;
    Clock& clock_;
    const Steady began_;         // workers had no time to send a heartbeat before
    std::vector<Share> shares_;  // members before the groups that they are in
    std::uint64_t chosen_ = 0;   // as of this generation of components
    net::Timer timer_;
};

}  // namespace vitals::app
