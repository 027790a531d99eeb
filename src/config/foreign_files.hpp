// Configurations of other programs, recognised by their sections, so that whoever hands one in is
// told what to write here.
#pragma once

#include "config/apply.hpp"
#include "config/node.hpp"

namespace vitals::config {

// True when the file is one of Gatus or blackbox_exporter. Then a problem was reported for each of
// its endpoints or modules, with the component that does the same here as far as that can be said.
bool report_foreign_file(const Node& root, Reading& reading);

}  // namespace vitals::config
