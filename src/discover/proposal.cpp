#include "discover/proposal.hpp"

#include <fmt/format.h>

namespace vitals::discover {

namespace {

bool is_plain(const std::string& text) {
    if (text.empty() ||
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_./-@") != std::string::npos)
        return false;
    const char first = text.front();
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    if (!letter && first != '/' && first != '_') return false;
    for (const char* word : {"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
        if (text == word) return false;
    return true;
}

}  // namespace

std::string yaml_text(const std::string& text) {
    if (is_plain(text)) return text;
    std::string quoted = "\"";
    for (const char byte : text) {
        if (byte == '"' || byte == '\\')
            quoted += std::string("\\") + byte;
        else if (static_cast<unsigned char>(byte) < 0x20)
            quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        else
            quoted += byte;
    }
    return quoted + '"';
}

std::string yaml_of(const Candidate& candidate, bool critical) {
    std::string text = "{check: " + candidate.kind;
    for (const auto& [name, value] : candidate.options) text += ", " + name + ": " + value;
    if (!critical) text += ", critical: false";
    return text + "}";
}

}  // namespace vitals::discover
