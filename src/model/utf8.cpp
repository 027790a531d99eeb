// UTF-8, one code point at a time.
#include "model/utf8.hpp"

#include <cstddef>

namespace vitals {

namespace {

constexpr char32_t replacement = 0xFFFD;

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

}  // namespace

char32_t take_code_point(std::string_view& text) noexcept {
    const auto first = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    if (first < 0x80) return first;
    const Lead lead = lead_of(first);
    if (lead.following == 0) return replacement;
    char32_t code_point = first & (0x3Fu >> lead.following);
    unsigned char least = lead.least, most = lead.most;
    for (std::size_t i = 0; i < lead.following; ++i) {
        if (text.empty()) return replacement;
        const auto next = static_cast<unsigned char>(text.front());
        if (next < least || next > most) return replacement;
        text.remove_prefix(1);
        code_point = (code_point << 6) | (next & 0x3Fu);
        least = 0x80;
        most = 0xBF;
    }
    return code_point;
}

void append_utf8(std::string& out, char32_t code_point) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0 | (code_point >> 6));
        put(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        put(0xE0 | (code_point >> 12));
        put(0x80 | ((code_point >> 6) & 0x3F));
        put(0x80 | (code_point & 0x3F));
    } else {
        put(0xF0 | (code_point >> 18));
        put(0x80 | ((code_point >> 12) & 0x3F));
        put(0x80 | ((code_point >> 6) & 0x3F));
        put(0x80 | (code_point & 0x3F));
    }
}

}  // namespace vitals
