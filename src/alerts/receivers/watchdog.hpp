// The watchdog out: a URL that is asked for as long as all is well here. Whoever watches it tells a
// person when that stops. It is carried as alerts are, but is no receiver of them.
#pragma once

#include <string>

#include "alerts/receivers/receiver.hpp"
#include "model/secret.hpp"

namespace vitals::alerts::receivers {

// A name that no configuration can give.
inline constexpr std::string_view watchdog_name = "(watchdog)";

// To be configured beside the receivers; an alert that is sent to it is a GET of the URL.
Configured watchdog(Secret url);

}  // namespace vitals::alerts::receivers
