#include "text/quote.hpp"

#include <fmt/format.h>

#include <iterator>

#include "text/masked.hpp"
#include "text/utf8.hpp"

namespace vitals::text {

namespace {

constexpr std::size_t longest_url = 4096;

void append_quoted(std::string& out, const Character& character) {
    const char32_t code = character.code;
    const bool hidden = code < 0x20 || code == 0x7f || is_invisible(code);
    if (code == '\n') {
        out += "\\n";
    } else if (code == '\r') {
        out += "\\r";
    } else if (code == '\t') {
        out += "\\t";
    } else if (code == '"' || code == '\\') {
        out += {'\\', static_cast<char>(code)};
    } else if (!character.valid || hidden) {
        for (const char byte : character.bytes)
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(byte));
    } else {
        out += character.bytes;
    }
}

}  // namespace

std::string quoted(std::string_view whole, std::size_t most) {
    // Before it is cut: half of a URL does not look like one.
    const std::string shown = masked(whole.substr(0, most + longest_url));
    std::string_view theirs = shown;
    std::string out = "\"";
    for (std::size_t left = most; !theirs.empty();) {
        const Character first = first_character(theirs);
        if (first.bytes.size() > left) break;
        append_quoted(out, first);
        left -= first.bytes.size();
        theirs.remove_prefix(first.bytes.size());
    }
    return out += theirs.empty() ? "\"" : "\"...";
}

}  // namespace vitals::text
