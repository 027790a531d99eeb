#include "fleet/subject.hpp"

#include <array>

#include "text/percent.hpp"

namespace vitals::fleet {

namespace {

constexpr std::size_t longest_subject = 1'024;  // the servers close a connection beyond 4 KiB

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

void append_token(std::string& out, std::string_view name, bool dots) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : name) {
        if (is_plain(c)) {
            out += c;
        } else if (c == '/' && dots) {
            out += '.';
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '=';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
}

}  // namespace

std::string token_of(std::string_view name) {
    std::string out;
    append_token(out, name, true);
    return out;
}

std::string one_token_of(std::string_view name) {
    std::string out;
    append_token(out, name, false);
    return out;
}

std::optional<std::string> name_of(std::string_view token) {
    std::string name;
    for (std::size_t i = 0; i < token.size(); ++i) {
        const char c = token[i];
        if (is_plain(c)) {
            name += c;
        } else if (c == '.') {
            name += '/';
        } else if (c == '=' && i + 2 < token.size()) {
            const int high = text::hex_value(token[i + 1]), low = text::hex_value(token[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            name += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            return std::nullopt;
        }
    }
    // Each name has only one form.
    if (name.empty() || (token_of(name) != token && one_token_of(name) != token))
        return std::nullopt;
    return name;
}

Subjects::Subjects(std::string_view fleet) : prefix_("vt." + one_token_of(fleet) + ".") {}

std::string Subjects::of(const Subject& subject) const {
    std::string text = prefix_ + subject.kind + "." + one_token_of(subject.about) + "." +
                       one_token_of(subject.node);
    if (!subject.name.empty()) text += "." + token_of(subject.name);
    return text;
}

std::string Subjects::of_all(std::string_view kind, std::string_view about,
                             std::string_view node) const {
    return prefix_ + std::string(kind) + "." + (about.empty() ? "*" : one_token_of(about)) + "." +
           (node.empty() ? "*" : one_token_of(node));
}

std::string Subjects::of_all_named(std::string_view kind, std::string_view name) const {
    return prefix_ + std::string(kind) + ".*.*." + (name.empty() ? ">" : token_of(name));
}

std::optional<Subject> Subjects::read(std::string_view text) const {
    if (text.size() > longest_subject || !text.starts_with(prefix_)) return std::nullopt;
    text.remove_prefix(prefix_.size());
    Subject subject;
    for (std::string* part : {&subject.kind, &subject.about, &subject.node}) {
        const auto end = text.find('.');
        const auto name = name_of(text.substr(0, end));
        if (!name) return std::nullopt;
        *part = *name;
        if (end == std::string_view::npos) {
            if (part != &subject.node) return std::nullopt;
            return subject;
        }
        text.remove_prefix(end + 1);
    }
    const auto name = name_of(text);
    if (!name) return std::nullopt;
    subject.name = *name;
    return subject;
}

}  // namespace vitals::fleet
