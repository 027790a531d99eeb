// JSON, appended.
#include "dialects/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <variant>

#include "dialects/escape.hpp"

namespace vitals::dialects {

namespace {

void append_unit(std::string& out, unsigned unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
        out += digits[(unit >> static_cast<unsigned>(shift)) & 15u];
}

}  // namespace

void JsonWriter::before_value() {
    if (after_key_) {
        after_key_ = false;
    } else if (!first_) {
        out_ += style_.comma;
    }
    first_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
    before_value();
    out_ += bracket;
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view token) {
    before_value();
    out_ += token;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    before_value();
    quoted(name);
    out_ += style_.colon;
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    before_value();
    quoted(text);
    return *this;
}

JsonWriter& JsonWriter::value(double number) {
    return std::isfinite(number) ? raw(shortest(number)) : null();
}

JsonWriter& JsonWriter::value(const std::vector<Value>& list) {
    array();
    for (const Value& each : list) value(each);
    return end_array();
}

JsonWriter& JsonWriter::value(const std::vector<Property>& members) {
    object();
    std::set<std::string_view> written;
    for (const Property& each : members)
        if (written.insert(each.name).second) member(each.name, each.value);
    return end_object();
}

JsonWriter& JsonWriter::value(const Value& any) {
    return std::visit([this](const auto& held) -> JsonWriter& { return value(held); }, any);
}

void JsonWriter::quoted(std::string_view text) {
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

std::string shortest(double number) {
    std::array<char, 64> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return {buffer.data(), result.ptr};
}

}  // namespace vitals::dialects
