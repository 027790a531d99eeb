// The dialects of the library on their usual paths. There is no configuration file: all dialects
// that need no mapping, with their default options.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "endpoints/routes.hpp"

namespace vitals::library {

// By name; if empty, all that need no mapping. Throws std::invalid_argument for an unknown name or
// a dialect that needs a mapping.
std::shared_ptr<const endpoints::Routes> usual_routes(const std::vector<std::string>& dialects,
                                                      bool disclose_errors);

}  // namespace vitals::library
