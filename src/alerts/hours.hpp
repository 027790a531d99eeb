// A daily window by the local clock of a zone. Pure, but reads the system's time zone data at
// make().
//
// A window is asked about an instant: what does the local clock show then? So neither the skipped
// nor the repeated hour of a clock change needs a rule. Thread-safe.
#pragma once

#include <array>
#include <expected>
#include <string>

#include "calendar/zone.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::alerts {

// In the form of a configuration.
struct HoursSpec {
    std::string zone = "UTC";  // a name of the IANA data base: `Europe/Berlin`
    std::array<bool, 7> days{true, true, true, true, true, true, true};  // Monday first
    unsigned from = 0;  // minutes since midnight, at most 1439
    unsigned to = 0;    // likewise; not above `from`: the window ends on the next day
    bool operator==(const HoursSpec&) const = default;
};

class Hours {
  public:
    // The window, or what is wrong with it, in one sentence.
    static std::expected<Hours, std::string> make(HoursSpec spec);

    // A window across midnight belongs to its first day.
    bool contains(System wall) const;
    const HoursSpec& spec() const noexcept { return spec_; }
    bool operator==(const Hours& other) const { return spec_ == other.spec_; }

  private:
    Hours(HoursSpec spec, calendar::Zone zone) : spec_(std::move(spec)), zone_(zone) {}

    HoursSpec spec_;
    calendar::Zone zone_;
};

// Windows begin and end at a minute of the wall clock: the next one after this instant. (Zones
// whose offset has seconds ended before 1973.)
System next_minute(System wall);

}  // namespace vitals::alerts
