// Times by the clock of a zone, for readers whose browser runs no scripts.
#pragma once

#include <string>

namespace vitals::page {

// The same page with each `<time>` that Markup wrote by the clock of that zone; unchanged where the
// zone is not known.
std::string in_zone(std::string page, const std::string& zone);

}  // namespace vitals::page
