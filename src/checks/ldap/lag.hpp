// How far a replica of a directory is behind its source. Both report change numbers in `contextCSN`
// (RFC 4533 and slapo-syncprov(5) of OpenLDAP), one for each server that takes changes. Pure.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/clock.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks::ldap {

// The last change of each server, by the number of the server. Texts that sort by time.
using Changes = std::map<std::string, std::string>;

// From the values of `contextCSN`; nothing if one is malformed.
std::optional<Changes> changes_of(const std::vector<std::string>& values);

// When a change was made, by the clock of its server.
std::optional<System> time_of(const std::string& change);

// Remembers what the source had, and when. The replica has lacked a missing change since then. The
// times of the changes alone would report a lag of days after days without a change.
class Lag {
  public:
    // Zero: the replica has all changes of the source.
    std::chrono::milliseconds look(const Changes& source, const Changes& replica, Steady now,
                                   System wall);

  private:
    struct Seen {
        Steady when;
        Changes changes;
    };
    std::deque<Seen> lacking_;  // oldest first
};

}  // namespace vitals::checks::ldap
