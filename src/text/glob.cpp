// Patterns over names.
#include "text/glob.hpp"

namespace vitals::text {

bool glob_match(std::string_view pattern, std::string_view text) noexcept {
    // Linear, with one point of return: the last `*`.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

std::string glob_problem(std::string_view pattern) {
    if (pattern.empty()) return "a glob must not be empty";
    if (pattern.size() > 128) return "a glob has at most 128 bytes";
    for (const char c : pattern)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return "a glob must not hold control characters";
    if (pattern.find_first_of("[]{}") != std::string_view::npos)
        return "only '*' and '?' are special in a glob";
    return {};
}

}  // namespace vitals::text
