// Local clocks: the time of a zone at an instant, and the instants of a time. Reads the system's
// time zone data when a zone is looked up, and nothing later. Thread-safe.
#pragma once

#include <chrono>
#include <expected>
#include <string>

#include "vitals/snapshot.hpp"

namespace date {
class time_zone;
}

namespace vitals::calendar {

using LocalTime = std::chrono::local_seconds;

class Zone {
  public:
    // A name of the IANA data base, `Europe/Berlin`; or what is wrong with it, in one sentence.
    static std::expected<Zone, std::string> find(const std::string& name);
    // The zone of this machine; UTC if it is not known.
    static Zone here();

    std::string name() const;
    // The time on its clocks, in whole seconds.
    LocalTime local(System instant) const;

    // When its clocks show a time: usually once. A repeated time has both instants. A skipped time
    // has the instant of the change, and the one at which unchanged clocks would show it.
    struct Shown {
        System first, last;
        bool skipped = false;
    };
    Shown shown(LocalTime time) const;

    // `2026-03-29 03:00 CEST`.
    std::string text(System instant) const;

    bool operator==(const Zone&) const = default;

  private:
    explicit Zone(const date::time_zone* zone) : zone_(zone) {}
    const date::time_zone* zone_;  // lives as long as the process
};

}  // namespace vitals::calendar
