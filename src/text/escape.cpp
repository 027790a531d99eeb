// Text made safe for HTML, labels and lines.
#include "text/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "text/utf8.hpp"

namespace vitals::text {

namespace {

// Characters that Unicode does not count as printed (general categories C and Z, without U+0020),
// except code points that are not assigned yet.
bool prints_in_go(char32_t code_point) {
    struct Range {
        char32_t first, last;
    };
    static constexpr Range hidden[] = {
        {0, 0x1F},          {0x7F, 0xA0},       {0xAD, 0xAD},       {0x600, 0x605},
        {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},
        {0x8E2, 0x8E2},     {0x1680, 0x1680},   {0x180E, 0x180E},   {0x2000, 0x200F},
        {0x2028, 0x202F},   {0x205F, 0x206F},   {0x3000, 0x3000},   {0xD800, 0xF8FF},
        {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
        {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF}};
    return std::ranges::none_of(hidden, [code_point](const Range& range) {
        return range.first <= code_point && code_point <= range.last;
    });
}

constexpr std::array<bool, 256> is_plain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t byte = 0x20; byte < 0x7F; ++byte) plain[byte] = true;
    for (const char special : {'"', '\'', '\\', '&', '<', '>'})
        plain[static_cast<unsigned char>(special)] = false;
    return plain;
}();

}  // namespace

void take_plain(std::string& out, std::string_view& text) {
    std::size_t run = 0;
    while (run < text.size() && is_plain[static_cast<unsigned char>(text[run])]) ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
}

void append_html(std::string& out, std::string_view text) {
    for (take_plain(out, text); !text.empty(); take_plain(out, text)) {
        const char32_t code_point = take_code_point(text);
        switch (code_point) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            case '\n':
                out += '\n';
                break;
            default:
                append_utf8(out, is_control(code_point) ? replacement : code_point);
        }
    }
}

std::string html(std::string_view text) {
    std::string out;
    append_html(out, text);
    return out;
}

void append_label(std::string& out, std::string_view text) {
    for (take_plain(out, text); !text.empty(); take_plain(out, text)) {
        const char32_t code_point = take_code_point(text);
        switch (code_point) {
            case '\\':
                out += "\\\\";
                break;
            case '"':
                out += "\\\"";
                break;
            case '\n':
                out += "\\n";
                break;
            default:
                append_utf8(out, is_control(code_point) ? replacement : code_point);
        }
    }
}

std::string one_line(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (take_plain(out, text); !text.empty(); take_plain(out, text)) {
        const char32_t code_point = take_code_point(text);
        const bool breaks = code_point == 0x2028 || code_point == 0x2029;
        append_utf8(out, breaks || is_control(code_point) ? U' ' : code_point);
    }
    return out;
}

std::string plain_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (take_plain(out, text); !text.empty(); take_plain(out, text)) {
        const char32_t code_point = take_code_point(text);
        const bool keep = code_point == '\n' || !is_control(code_point);
        append_utf8(out, keep ? code_point : replacement);
    }
    return out;
}

std::string go_quoted(std::string_view text) {
    constexpr std::string_view named = "\a\b\f\n\r\t\v", letters = "abfnrtv";
    std::string out = "\"";
    while (!text.empty()) {
        const auto [code_point, bytes, valid] = first_character(text);
        text.remove_prefix(bytes.size());
        const auto name =
            code_point < 0x20 ? named.find(static_cast<char>(code_point)) : std::string_view::npos;
        if (!valid) {
            for (const char byte : bytes)
                out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        } else if (name != std::string_view::npos) {
            out += {'\\', letters[name]};
        } else if (code_point == '"' || code_point == '\\') {
            out += {'\\', static_cast<char>(code_point)};
        } else if (prints_in_go(code_point)) {
            out += bytes;
        } else if (code_point < 0x20 || code_point == 0x7F) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(code_point));
        } else if (code_point < 0x10000) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(code_point));
        } else {
            out += fmt::format("\\U{:08x}", static_cast<unsigned>(code_point));
        }
    }
    return out += '"';
}

}  // namespace vitals::text
