// The one list of kinds of check, beside dialects::all() the one list of dialects. Everything that
// enumerates either (configuration, `vitals kinds`, schema, documentation) starts here.
#pragma once

#include <span>
#include <string_view>

#include "checks/kind.hpp"
#include "config/config.hpp"

namespace vitals::app {

std::span<const checks::Kind* const> kinds();  // in the order of the documentation
const checks::Kind* find_kind(std::string_view name);
// The kind whose scheme a URL such as `tcp://host:1` or `file:/x` has, or null.
const checks::Kind* kind_of_url(std::string_view url);

const config::Catalog& catalog();  // the descriptions of both lists

}  // namespace vitals::app
