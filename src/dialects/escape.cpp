// Text made safe for HTML, labels, lines and URLs.
#include "dialects/escape.hpp"

#include <array>
#include <cstddef>

namespace vitals::dialects {

namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_control(char32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

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

constexpr std::array<bool, 256> is_plain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t byte = 0x20; byte < 0x7F; ++byte) plain[byte] = true;
    for (const char special : {'"', '\'', '\\', '&', '<', '>'})
        plain[static_cast<unsigned char>(special)] = false;
    return plain;
}();

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

std::string url_component(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                                c == '~';
        if (unreserved) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

}  // namespace vitals::dialects
