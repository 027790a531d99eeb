// Where an endpoint's path ends and what follows it begins. Pure.
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

// For Dialect::match: the path itself and no other, with or without a slash at the end.
std::optional<std::string_view> match_either(std::string_view mount, std::string_view path);

// What follows the mount and a slash, without slashes around it, or nothing if the path is not
// below the mount (or the mount itself: then the rest is empty).
std::optional<std::string_view> below(std::string_view mount, std::string_view path);

// 301 to the same URL with a slash behind its path, as Django's APPEND_SLASH; the query stays.
Response redirect_to_slash(const Request& request);

}  // namespace vitals::dialects
