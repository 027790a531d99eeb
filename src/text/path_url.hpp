// URLs that are only a scheme and a path: `file:/etc/hosts`, `disk:///var/lib`. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace vitals::text {

// The path, with %XX decoded. Accepts `scheme:path` and `scheme:///path` (RFC 8089, sections 2 and
// B); a host is an error, as are an empty path and NUL. The error is a sentence.
std::expected<std::string, std::string> path_of_url(std::string_view url);

}  // namespace vitals::text
