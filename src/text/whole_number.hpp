// Decimal digits as a number. Pure.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace vitals::text {

// The number that the whole text is; a minus is allowed if Number has a sign. Nothing: it is none,
// or does not fit.
template <std::integral Number>
std::optional<Number> whole_number(std::string_view text) noexcept {
    Number number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc() && end == last ? std::optional(number) : std::nullopt;
}

}  // namespace vitals::text
