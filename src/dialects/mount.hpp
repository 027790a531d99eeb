// Splits a path into the path of an endpoint and the rest. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "dialects/dialect.hpp"

namespace vitals::dialects {

// `/healthz/` -> `/healthz`; `/` -> nothing.
constexpr std::string_view without_slash(std::string_view path) {
    if (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

// For Dialect::match: only the path itself, with or without a slash at the end.
std::optional<std::string_view> match_either(std::string_view mount, std::string_view path);

// The text after the mount and a slash, without slashes around it, or nothing if the path is not
// below the mount. For the mount itself, the rest is empty.
std::optional<std::string_view> below(std::string_view mount, std::string_view path);

// 301 to the same URL with a slash after its path, as Django's APPEND_SLASH does; the query stays.
Response redirect_to_slash(const Request& request);

}  // namespace vitals::dialects
