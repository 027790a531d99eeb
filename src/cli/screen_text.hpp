// Text that goes to a terminal: how wide it is, how it wraps, and that it cannot do harm. Error
// texts come from the other side of a connection, so nothing is printed before clean(). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::cli {

// The text in one line, with every byte that could drive a terminal made visible: control
// characters and malformed UTF-8 become `?`, line breaks and tabs a space, marks that reorder text
// (U+202A..U+202E, U+2066..U+2069, U+200E, U+200F) vanish.
std::string clean(std::string_view text);

// Columns that a clean text takes: 2 for East Asian wide characters and emoji, 0 for combining
// marks, else 1 for each character. Escape sequences that set colours take none.
std::size_t columns(std::string_view text) noexcept;

// The text with spaces behind (or before) it, up to that many columns.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

// At most that many columns; a text that was cut ends in an ellipsis (`...` without Unicode).
std::string cut(std::string_view text, std::size_t width, bool unicode);

// Lines of at most that many columns, broken at spaces, or inside a word that is longer than a
// line. Zero: no limit. Never empty.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace vitals::cli
