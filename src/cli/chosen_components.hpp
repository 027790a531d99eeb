// The components of a configuration that the words of a command line select, with their secrets.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/failure.hpp"
#include "config/config.hpp"

namespace vitals::cli {

using Components = std::vector<config::ComponentConfig>;
// Notes to print beside the results.
using Notes = std::vector<std::string>;

// All of them if there are no names. Components whose state only a daemon has are left out, unless
// named in full; a note says so.
std::expected<Components, Failure> chosen_components(const std::vector<std::string>& names,
                                                     const std::string& file, Notes& notes);

}  // namespace vitals::cli
