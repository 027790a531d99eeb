// Text as code points (Unicode 15, table 3-7). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vitals::text {

// Replaces bytes that are not UTF-8.
inline constexpr char32_t replacement = 0xFFFD;

struct Character {
    char32_t code = replacement;
    std::string_view bytes;  // as they stand in the text; at least one
    bool valid = false;      // false: the longest part that is not UTF-8, and `code` replaces it
};

// The first character of a text that is not empty.
Character first_character(std::string_view text) noexcept;

// The first code point of a text that is not empty, removed from it; `replacement` for each maximal
// part that is not UTF-8 (surrogates and overlong forms included).
char32_t take_code_point(std::string_view& text) noexcept;

// Appends a code point; `replacement` for a surrogate or one past U+10FFFF.
void append_utf8(std::string& out, char32_t code_point);

// Whether all of it is UTF-8.
bool is_utf8(std::string_view text) noexcept;

// At most that many bytes of its front, cut between characters.
std::string_view cut_utf8(std::string_view text, std::size_t most) noexcept;

// A control character of ASCII or Latin-1, DEL included.
constexpr bool is_control(char32_t code_point) noexcept {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

// Characters that show nothing or change the direction of the text: controls beyond ASCII, soft
// hyphen, joiners, marks of direction, ends of lines and paragraphs, byte order marks, tags.
bool is_invisible(char32_t code_point) noexcept;

}  // namespace vitals::text
