#include "wire/quote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "model/masked.hpp"

namespace vitals::wire {

namespace {

constexpr std::size_t longest_url = 4096;

// The length of the UTF-8 sequence at the front, or 0 where there is none: overlong forms,
// surrogates and what lies beyond U+10FFFF are none (Unicode 15, table 3-7).
std::size_t sequence(std::string_view text) {
    const auto at = [&](std::size_t index) {
        return index < text.size() ? static_cast<unsigned char>(text[index]) : 0u;
    };
    const auto follows = [&](std::size_t index) { return (at(index) & 0xc0u) == 0x80u; };
    const unsigned first = at(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        if ((first == 0xe0 && at(1) < 0xa0) || (first == 0xed && at(1) > 0x9f)) return 0;
        return follows(1) && follows(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if ((first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) > 0x8f)) return 0;
        return follows(1) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

struct Range {
    std::uint32_t from, to;
};

// What shows nothing or turns the text around it: controls, soft hyphen, joiners, marks of
// direction, line and paragraph ends, the byte order mark, tags (Unicode 15, general category C,
// Z without blanks).
constexpr Range invisible[] = {
    {0x80, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e}, {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};

bool is_invisible(std::string_view sequence) {
    if (sequence.size() < 2) return false;
    std::uint32_t point = static_cast<unsigned char>(sequence[0]) & (0x7fu >> sequence.size());
    for (const char byte : sequence.substr(1))
        point = point << 6 | (static_cast<unsigned char>(byte) & 0x3fu);
    return std::any_of(std::begin(invisible), std::end(invisible), [point](const Range& range) {
        return point >= range.from && point <= range.to;
    });
}

}  // namespace

std::string quoted(std::string_view whole, std::size_t most) {
    // Before it is cut: half of a URL does not look like one.
    const std::string shown = masked(whole.substr(0, most + longest_url));
    const std::string_view theirs = shown;
    std::string text = "\"";
    std::size_t taken = 0;
    while (taken < theirs.size()) {
        const std::size_t length = sequence(theirs.substr(taken));
        const std::size_t step = length == 0 ? 1 : length;
        if (taken + step > most) break;
        const char first = theirs[taken];
        const auto byte = static_cast<unsigned char>(first);
        if (first == '\n') {
            text += "\\n";
        } else if (first == '\r') {
            text += "\\r";
        } else if (first == '\t') {
            text += "\\t";
        } else if (first == '"' || first == '\\') {
            text += '\\';
            text += first;
        } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
            fmt::format_to(std::back_inserter(text), "\\x{:02x}", byte);
        } else if (is_invisible(theirs.substr(taken, step))) {
            for (const char each : theirs.substr(taken, step))
                fmt::format_to(std::back_inserter(text), "\\x{:02x}",
                               static_cast<unsigned char>(each));
        } else {
            text += theirs.substr(taken, step);
        }
        taken += step;
    }
    text += '"';
    if (taken < theirs.size()) text += "...";
    return text;
}

}  // namespace vitals::wire
