// Text as code points. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals {

// The first code point of a text that is not empty, removed from it; U+FFFD for each maximal part
// that is not UTF-8 (surrogates and overlong forms included).
char32_t take_code_point(std::string_view& text) noexcept;
void append_utf8(std::string& out, char32_t code_point);

}  // namespace vitals
