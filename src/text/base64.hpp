// Base64 (RFC 4648, sections 4 and 5). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitals::text {

std::string base64(std::string_view bytes);
// The bytes again; nothing for a text that base64() does not write.
std::optional<std::string> from_base64(std::string_view text);

// With `-` and `_`, without padding: for URLs.
std::string base64_url(std::string_view bytes);
std::optional<std::string> from_base64_url(std::string_view text);

}  // namespace vitals::text
