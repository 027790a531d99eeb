// Names of components.
#include "model/name.hpp"

#include <fmt/format.h>

#include "text/utf8.hpp"

namespace vitals {

namespace {

constexpr std::size_t longest_name = 128;

// No control characters, and no characters that break a line or change the direction of writing: a
// name in a log must look like what it is.
bool is_printable(char32_t code_point) {
    if (text::is_control(code_point)) return false;
    if (code_point >= 0x2028 && code_point <= 0x202E) return false;
    return code_point != 0x200B && code_point != 0xFEFF && (code_point & 0xFFFE) != 0xFFFE;
}

std::string character_problem(std::string_view name) {
    while (!name.empty()) {
        const text::Character first = text::first_character(name);
        name.remove_prefix(first.bytes.size());
        if (!first.valid) return "is not UTF-8";
        if (!is_printable(first.code)) return "holds a character that cannot be printed";
    }
    return {};
}

}  // namespace

std::string name_problem(std::string_view name) {
    if (name.empty()) return "is empty";
    if (std::string problem = character_problem(name); !problem.empty()) return problem;
    if (name.size() > longest_name)
        return fmt::format("has {} bytes, at most {} are allowed", name.size(), longest_name);
    if (name.starts_with(' ') || name.ends_with(' ')) return "begins or ends with a space";
    if (name.starts_with("vitals/"))
        return "belongs to vitals itself, which speaks of its own parts as vitals/...";
    const auto slash = name.find('/');
    if (slash == std::string_view::npos) return {};
    if (name.find('/', slash + 1) != std::string_view::npos)
        return "has more than one '/', expected group/name";
    if (slash == 0 || slash + 1 == name.size()) return "needs something on both sides of the '/'";
    return {};
}

}  // namespace vitals
