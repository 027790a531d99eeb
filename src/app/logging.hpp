// One line each on stderr, as text or JSON. Thread-safe.
#pragma once

#include <string>

#include "vitals/log.hpp"

namespace vitals::app {

// `level`: debug, info, warning, error. `format`: text, json.
Log make_log(const std::string& level, const std::string& format);

}  // namespace vitals::app
