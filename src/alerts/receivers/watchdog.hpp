// The outgoing watchdog: a URL that vitals requests while all is well here. A service that watches
// it tells a person when the requests stop. It is sent like an alert, but it is not a receiver of
// alerts.
#pragma once

#include <string>

#include "alerts/receivers/receiver.hpp"
#include "model/secret.hpp"

namespace vitals::alerts::receivers {

// A name that no configuration can give.
inline constexpr std::string_view watchdog_name = "(watchdog)";

// Configured beside the receivers; an alert to it is a GET of the URL.
Configured watchdog(Secret url);

}  // namespace vitals::alerts::receivers
