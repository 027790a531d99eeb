// Indented JSON.
#include "config/json_text.hpp"

#include <fmt/format.h>

namespace vitals::config {

namespace {

std::string escaped(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (c == '\n')
            out += "\\n";
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + "\"";
}

}  // namespace

void JsonText::new_line() {
    out_ += "\n" + std::string(2 * counts_.size(), ' ');
}

void JsonText::begin_value() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (counts_.empty()) return;
    if (counts_.back()++ > 0) out_ += ',';
    new_line();
}

JsonText& JsonText::open(char bracket) {
    begin_value();
    out_ += bracket;
    counts_.push_back(0);
    return *this;
}

JsonText& JsonText::close(char bracket) {
    const bool empty = counts_.back() == 0;
    counts_.pop_back();
    if (!empty) new_line();
    out_ += bracket;
    return *this;
}

JsonText& JsonText::key(std::string_view name) {
    begin_value();
    out_ += escaped(name) + ": ";
    after_key_ = true;
    return *this;
}

JsonText& JsonText::text(std::string_view value) {
    begin_value();
    out_ += escaped(value);
    return *this;
}

JsonText& JsonText::number(double value) {
    begin_value();
    out_ += fmt::format("{}", value);
    return *this;
}

JsonText& JsonText::boolean(bool value) {
    begin_value();
    out_ += value ? "true" : "false";
    return *this;
}

}  // namespace vitals::config
