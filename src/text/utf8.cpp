// UTF-8, one character at a time.
#include "text/utf8.hpp"

#include <algorithm>
#include <iterator>

namespace vitals::text {

namespace {

// How many bytes may follow a first byte, and the range of the second (Unicode, table 3-7).
struct Lead {
    std::size_t following = 0;
    unsigned char least = 0x80, most = 0xBF;
};

Lead lead_of(unsigned char byte) {
    if (byte >= 0xC2 && byte <= 0xDF) return {1};
    if (byte == 0xE0) return {2, 0xA0, 0xBF};
    if (byte == 0xED) return {2, 0x80, 0x9F};
    if (byte >= 0xE1 && byte <= 0xEF) return {2};
    if (byte == 0xF0) return {3, 0x90, 0xBF};
    if (byte == 0xF4) return {3, 0x80, 0x8F};
    if (byte >= 0xF1 && byte <= 0xF3) return {3};
    return {0, 1, 0};
}

struct Range {
    char32_t from, to;
};

// General category C, and Z without blanks.
constexpr Range invisible[] = {
    {0x80, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e}, {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};

}  // namespace

Character first_character(std::string_view text) noexcept {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return {first, text.substr(0, 1), true};
    const Lead lead = lead_of(first);
    if (lead.following == 0) return {replacement, text.substr(0, 1), false};
    char32_t code = first & (0x3Fu >> lead.following);
    unsigned char least = lead.least, most = lead.most;
    for (std::size_t i = 1; i <= lead.following; ++i) {
        const unsigned char next = i < text.size() ? static_cast<unsigned char>(text[i]) : '\0';
        if (next < least || next > most) return {replacement, text.substr(0, i), false};
        code = (code << 6) | (next & 0x3Fu);
        least = 0x80;
        most = 0xBF;
    }
    return {code, text.substr(0, lead.following + 1), true};
}

char32_t take_code_point(std::string_view& text) noexcept {
    const Character first = first_character(text);
    text.remove_prefix(first.bytes.size());
    return first.code;
}

void append_utf8(std::string& out, char32_t code_point) {
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000))
        code_point = replacement;
    const auto append = [&out](char32_t byte) { out += static_cast<char>(byte); };
    if (code_point < 0x80) {
        append(code_point);
    } else if (code_point < 0x800) {
        append(0xC0 | (code_point >> 6));
        append(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        append(0xE0 | (code_point >> 12));
        append(0x80 | ((code_point >> 6) & 0x3F));
        append(0x80 | (code_point & 0x3F));
    } else {
        append(0xF0 | (code_point >> 18));
        append(0x80 | ((code_point >> 12) & 0x3F));
        append(0x80 | ((code_point >> 6) & 0x3F));
        append(0x80 | (code_point & 0x3F));
    }
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const Character first = first_character(text);
        if (!first.valid) return false;
        text.remove_prefix(first.bytes.size());
    }
    return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) return text;
    std::size_t end = most;
    for (std::size_t back = 0; back < 4 && end > 0; ++back, --end)
        if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80) return text.substr(0, end);
    return text.substr(0, most);
}

bool is_invisible(char32_t code_point) noexcept {
    return std::any_of(std::begin(invisible), std::end(invisible),
                       [code_point](const Range& range) {
                           return code_point >= range.from && code_point <= range.to;
                       });
}

}  // namespace vitals::text
