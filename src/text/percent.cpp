#include "text/percent.hpp"

namespace vitals::text {

namespace {

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

// Decodes, and says whether every % began a %XX.
bool decode(std::string_view text, std::string& out) {
    bool valid = true;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (const auto byte = percent_byte(text, at)) {
            out += *byte;
            at += 2;
        } else {
            valid = valid && text[at] != '%';
            out += text[at];
        }
    }
    return valid;
}

}  // namespace

std::string percent_encoded(std::string_view text, std::string_view kept) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c) || kept.contains(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    if (!decode(text, out)) return std::nullopt;
    return out;
}

std::string percent_decoded_where_valid(std::string_view text) {
    std::string out;
    decode(text, out);
    return out;
}

}  // namespace vitals::text
