#include "cli/screen_text.hpp"

#include <algorithm>

#include "text/utf8.hpp"

namespace vitals::cli {
namespace {

struct Range {
    char32_t first, last;
};

bool within(char32_t code, const auto& ranges) noexcept {
    return std::ranges::any_of(
        ranges, [code](const Range& range) { return code >= range.first && code <= range.last; });
}

constexpr Range combining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200D},
    {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
constexpr Range wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range reordering[] = {
    {0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}};

std::size_t width_of(char32_t code) noexcept {
    if (within(code, combining)) return 0;
    return within(code, wide) ? 2 : 1;
}

// The length in bytes of the colour sequence (`ESC [ ... m`) at the front, or 0.
std::size_t colour_sequence(std::string_view text) noexcept {
    if (!text.starts_with("\x1b[")) return 0;
    const auto end = text.find_first_not_of("0123456789;", 2);
    return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

// The bytes at the front that fit into that many columns; at least one character.
std::size_t fitting_bytes(std::string_view text, std::size_t width) noexcept {
    std::size_t at = 0;
    std::size_t used = 0;
    while (at < text.size()) {
        const auto character = text::first_character(text.substr(at));
        used += width_of(character.code);
        if (used > width && at > 0) break;
        at += character.bytes.size();
    }
    return at;
}

}  // namespace

std::string clean(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const auto character = text::first_character(text);
        if (character.valid && (text[0] == '\n' || text[0] == '\r' || text[0] == '\t')) {
            if (!result.empty() && result.back() != ' ') result += ' ';
        } else if (!character.valid || text::is_control(character.code)) {
            result += '?';
        } else if (!within(character.code, reordering)) {
            result += character.bytes;
        }
        text.remove_prefix(character.bytes.size());
    }
    while (result.ends_with(' ')) result.pop_back();
    return result;
}

std::size_t columns(std::string_view text) noexcept {
    std::size_t width = 0;
    while (!text.empty()) {
        if (const auto skipped = colour_sequence(text); skipped > 0) {
            text.remove_prefix(skipped);
            continue;
        }
        const auto character = text::first_character(text);
        width += width_of(character.code);
        text.remove_prefix(character.bytes.size());
    }
    return width;
}

std::string pad_right(std::string_view text, std::size_t width) {
    const auto used = columns(text);
    return std::string(text) + std::string(width > used ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
    const auto used = columns(text);
    return std::string(width > used ? width - used : 0, ' ') + std::string(text);
}

std::string cut(std::string_view text, std::size_t width, bool unicode) {
    if (columns(text) <= width) return std::string(text);
    const std::string_view mark = unicode ? "…" : "...";
    const auto taken = columns(mark);
    if (width <= taken) return std::string(mark.substr(0, unicode ? mark.size() : width));
    return std::string(text.substr(0, fitting_bytes(text, width - taken))) + std::string(mark);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    if (width == 0) return {std::string(text)};
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const auto space = text.find(' ');
        auto word = text.substr(0, space);
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
        const auto used = columns(lines.back());
        if (used > 0 && used + 1 + columns(word) <= width) {
            lines.back() += ' ';
            lines.back() += word;
            continue;
        }
        if (used > 0) lines.emplace_back();
        while (columns(word) > width) {
            const auto bytes = fitting_bytes(word, width);
            if (bytes == word.size()) break;  // one wide character in a line of one column
            lines.back() = word.substr(0, bytes);
            lines.emplace_back();
            word.remove_prefix(bytes);
        }
        lines.back() = word;
    }
    return lines;
}

}  // namespace vitals::cli
