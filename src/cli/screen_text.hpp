// Text for a terminal: its width, its wrapping, and its safety. Error texts come from the other
// side of a connection, so nothing is printed before clean(). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::cli {

// The text in one line, without bytes that could control a terminal: control characters and
// malformed UTF-8 become `?`, line breaks and tabs a space, and marks that reorder text
// (U+202A..U+202E, U+2066..U+2069, U+200E, U+200F) are removed.
std::string clean(std::string_view text);

// The columns of a clean text: 2 for East Asian wide characters and emoji, 0 for combining marks, 1
// for any other character. Escape sequences that set colours take none.
std::size_t columns(std::string_view text) noexcept;

// The text with spaces after (or before) it, up to that many columns.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

// At most that many columns; a text that was cut ends in an ellipsis (`...` without Unicode).
std::string cut(std::string_view text, std::size_t width, bool unicode);

// Lines of at most that many columns, broken at spaces, or inside a word that is longer than a
// line. Zero: no limit. Never empty.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace vitals::cli
