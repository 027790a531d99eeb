// JSON, appended.
#include "text/json.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "text/escape.hpp"
#include "text/utf8.hpp"

namespace vitals::text {

namespace {

void append_unit(std::string& out, unsigned unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
        out += digits[(unit >> static_cast<unsigned>(shift)) & 15u];
}

}  // namespace

void JsonWriter::new_line() {
    if (style_.indent == 0) return;
    out_ += '\n';
    out_.append(depth_ * style_.indent, ' ');
}

void JsonWriter::before_value() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (!first_) out_ += style_.comma;
    if (depth_ > 0) new_line();
    first_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
    before_value();
    out_ += bracket;
    ++depth_;
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    --depth_;
    if (!first_) new_line();
    out_ += bracket;
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    before_value();
    out_ += json;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    before_value();
    append_text(name);
    out_ += style_.colon;
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    before_value();
    append_text(text);
    return *this;
}

JsonWriter& JsonWriter::value(double number) {
    return std::isfinite(number) ? raw(plain_number(number)) : null();
}

JsonWriter& JsonWriter::value(std::chrono::nanoseconds seconds) {
    const auto micros = std::chrono::round<std::chrono::microseconds>(seconds).count();
    return raw(plain_number(static_cast<double>(micros) / 1e6));
}

void JsonWriter::append_text(std::string_view text) {
    out_ += '"';
    for (take_plain(out_, text); !text.empty(); take_plain(out_, text)) {
        const char32_t code_point = take_code_point(text);
        switch (code_point) {
            case '"':
                out_ += "\\\"";
                continue;
            case '\\':
                out_ += "\\\\";
                continue;
            case '\b':
                out_ += "\\b";
                continue;
            case '\f':
                out_ += "\\f";
                continue;
            case '\n':
                out_ += "\\n";
                continue;
            case '\r':
                out_ += "\\r";
                continue;
            case '\t':
                out_ += "\\t";
                continue;
            default:
                break;
        }
        if (code_point < 0x20 || (style_.ascii && code_point >= 0x7F && code_point < 0x10000)) {
            append_unit(out_, static_cast<unsigned>(code_point));
        } else if (style_.ascii && code_point >= 0x10000) {
            const auto above = static_cast<unsigned>(code_point - 0x10000);
            append_unit(out_, 0xD800u + (above >> 10));
            append_unit(out_, 0xDC00u + (above & 0x3FFu));
        } else {
            append_utf8(out_, code_point);
        }
    }
    out_ += '"';
}

std::string plain_number(double number) {
    const double size = std::abs(number);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e15);
    std::array<char, 64> buffer{};
    const auto result =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                      plain ? std::chars_format::fixed : std::chars_format::general);
    return {buffer.data(), result.ptr};
}

}  // namespace vitals::text
