// Times in a zone, for readers whose browser runs no scripts.
#pragma once

#include <string>

namespace vitals::page {

// The same page with each `<time>` of Markup in that zone; unchanged if the zone is not known.
std::string in_zone(std::string page, const std::string& zone);

}  // namespace vitals::page
