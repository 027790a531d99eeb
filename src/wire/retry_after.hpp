// When a server of HTTP may be asked again: the header `Retry-After` (RFC 9110, 10.2.3). Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "vitals/snapshot.hpp"

namespace vitals::wire {

// How long to wait, at least zero: seconds or a date. Nothing for any other text.
std::optional<std::chrono::nanoseconds> retry_after(std::string_view header, System now);

}  // namespace vitals::wire
