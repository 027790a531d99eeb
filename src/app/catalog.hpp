// The one list of kinds of check, beside dialects::all(), the one list of dialects. Everything that
// lists either (configuration, `vitals kinds`, schema, documentation) uses these.
#pragma once

#include <span>
#include <string_view>

#include "checks/kind.hpp"
#include "config/config.hpp"

namespace vitals::app {

std::span<const checks::Kind* const> kinds();  // in the order of the documentation
const checks::Kind* find_kind(std::string_view name);
// The kind with the scheme of a URL such as `tcp://host:1` or `file:/x`, or null.
const checks::Kind* kind_of_url(std::string_view url);

const config::Catalog& catalog();  // the descriptions of both lists

}  // namespace vitals::app
