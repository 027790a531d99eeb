// Cookies and forms of a browser. Foreign bytes; pure; fuzzed.
#pragma once

#include <optional>
#include <string_view>

#include "http/request.hpp"

namespace vitals::http {

// The value of the first cookie with that name in a Cookie field (RFC 6265, section 4.2.1), without
// its quotation marks; or nothing.
std::optional<std::string_view> cookie_of(std::string_view field, std::string_view name) noexcept;
// The same for all Cookie fields of a head: the first that has it.
std::optional<std::string_view> cookie_of(const Head& head, std::string_view name) noexcept;

// Names and values of a form (application/x-www-form-urlencoded) or of a query, in order. Nothing
// if it holds a NUL, encoded or not, or more than `most` of them.
inline constexpr std::size_t most_form_fields = 256;
std::optional<Pairs> form_of(std::string_view body, std::size_t most = most_form_fields);

// The last value of that name, or null.
const std::string* value_of(const Pairs& pairs, std::string_view name) noexcept;

}  // namespace vitals::http
