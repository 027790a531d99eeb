// The clock seam. Decisions use the steady clock; the system clock is only shown. A test gives the
// engine a clock and steps its system time. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vitals/snapshot.hpp"

namespace vitals {

class Clock {
  public:
    virtual ~Clock() = default;
    virtual Steady steady() const = 0;
    virtual System system() const = 0;
};

Clock& real_clock();

// `2026-11-21T01:02:03Z`, or with milliseconds `2026-11-21T01:02:03.004Z`. RFC 3339, always UTC.
std::string rfc3339(System time);
std::string rfc3339_millis(System time);
// Reads it back, with any offset and up to nine decimal places of the seconds; nothing for any
// other text.
std::optional<System> parse_rfc3339(std::string_view text);

}  // namespace vitals
