// Configurations of other programs, recognised by their sections, so that the message says what to
// write here.
#pragma once

#include "config/apply.hpp"
#include "config/node.hpp"

namespace vitals::config {

// True when the file is one of Gatus or blackbox_exporter. Then a problem was reported for each of
// its endpoints or modules, with the equivalent component as far as possible.
bool report_foreign_file(const Node& root, Reading& reading);

}  // namespace vitals::config
