// YAML's syntax errors, in words for the person who wrote the file.
#include "config/yaml_syntax.hpp"

#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "text/utf8.hpp"

namespace vitals::config {

namespace {

// libyaml's message, vitals' message, and whether its place is the begin of the construct instead
// of where the parser stopped.
struct Wording {
    std::string_view context;
    std::string_view problem;
    std::string_view ours;
    bool at_context = false;
};

constexpr std::array wordings = {
    Wording{"quoted scalar", "unexpected end of stream",
            "the quotation mark that opens here is never closed", true},
    Wording{"quoted scalar", "unexpected document indicator",
            "the quotation mark that opens here is not closed before the document ends", true},
    Wording{"simple key", "could not find expected ':'",
            "expected 'key: value', but there is no colon followed by a space", true},
    Wording{"", "mapping values are not allowed",
            "a colon is not expected here; check the indentation and the line above, and put a "
            "value that holds ': ' in quotes"},
    Wording{"", "tab character", "a tab stands here; indent with spaces"},
    Wording{"block mapping", "did not find expected key",
            "expected a key; check the indentation, and that quotes enclose the whole value"},
    Wording{"block collection", "did not find expected '-' indicator",
            "expected an item that begins with '- '; check the indentation"},
    Wording{"flow sequence", "did not find expected ',' or ']'",
            "the list that opens here with '[' has no matching ']', or a comma is missing", true},
    Wording{"flow mapping", "did not find expected ',' or '}'",
            "the mapping that opens here with '{' has no matching '}', or a comma is missing",
            true},
    Wording{"alias", "did not find expected alphabetic",
            "a value that begins with '*' must be in quotes", true},
    Wording{"anchor", "did not find expected alphabetic",
            "a value that begins with '&' must be in quotes", true},
    Wording{"", "block sequence entries are not allowed",
            "an item ('- ') is not expected here; begin the list on a line of its own"},
    Wording{"", "unknown escape character",
            "unknown escape in double quotes; in single quotes a backslash is only a backslash"},
    Wording{"", "undefined tag handle", "a value that begins with '!' must be in quotes", false},
    Wording{"tag", "", "a value that begins with '!' must be in quotes", true},
    Wording{"", "did not find expected node content", "expected a value here"},
    Wording{"", "did not find expected <document start>",
            "expected a mapping of keys and values; check the indentation"},
};

bool contains(const char* text, std::string_view part) {
    return part.empty() ||
           (text != nullptr && std::string_view(text).find(part) != std::string_view::npos);
}

// The text from a place on. libyaml's index counts characters.
std::string_view text_from(std::string_view text, std::size_t index) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
        if (index-- == 0) return text.substr(at);
    }
    return {};
}

// `{url: ${URL}}` without quotes: for YAML the second brace begins a mapping.
bool bare_variable(const yaml_parser_t& parser, std::string_view text) {
    return parser.problem_mark.index > 0 && parser.problem_mark.column > 0 &&
           text_from(text, parser.problem_mark.index - 1).starts_with("${");
}

std::string unexpected_character(std::string_view at) {
    if (at.starts_with('\t')) return "a tab stands here; indent with spaces";
    return fmt::format("a value that begins with '{}' must be in quotes", at.substr(0, 1));
}

// What YAML lets a file hold (YAML 1.1, section 4.1.1: printable).
bool printable(char32_t point) {
    if (point < 0x20) return point == '\t' || point == '\n' || point == '\r';
    if (point >= 0x7f && point < 0xa0) return point == 0x85;
    return point != 0xfeff && point != 0xfffe && point != 0xffff;
}

}  // namespace

std::optional<Complaint> encoding_complaint(std::string_view text) {
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        return Complaint{{}, "the file is UTF-16, expected UTF-8"};
    Position position;
    while (!text.empty()) {
        if (text[0] >= ' ' && text[0] <= '~') {  // most are
            ++position.column;
            text.remove_prefix(1);
            continue;
        }
        const auto [point, bytes, valid] = text::first_character(text);
        if (!valid)
            return Complaint{position,
                             fmt::format("byte 0x{:02x} is not UTF-8, save the file as UTF-8",
                                         static_cast<unsigned char>(text[0]))};
        if (!printable(point))
            return Complaint{position, fmt::format("the character U+{:04X} is not allowed in YAML",
                                                   static_cast<std::uint32_t>(point))};
        const bool newline = point == '\n' || (point == '\r' && !text.starts_with("\r\n"));
        if (newline)
            position = {position.line + 1, 1};
        else
            ++position.column;
        text.remove_prefix(bytes.size());
    }
    return std::nullopt;
}

Complaint syntax_complaint(const yaml_parser_t& parser, std::string_view text) {
    if (parser.error == YAML_MEMORY_ERROR) return {{}, "not enough memory to read the file"};
    const char* problem = parser.problem == nullptr ? "syntax error" : parser.problem;
    const auto complaint = [problem](const yaml_mark_t& mark, std::string_view ours) {
        return Complaint{{static_cast<std::uint32_t>(mark.line + 1),
                          static_cast<std::uint32_t>(mark.column + 1)},
                         fmt::format("{} (YAML: {})", ours, problem)};
    };
    yaml_mark_t mark = parser.problem_mark;
    if (contains(problem, "cannot start any token"))
        return complaint(mark, unexpected_character(text_from(text, mark.index)));
    if (bare_variable(parser, text)) {
        --mark.column;
        return complaint(mark, "inside { } and [ ] a ${NAME} must be in quotes");
    }
    for (const Wording& wording : wordings)
        if (contains(problem, wording.problem) && contains(parser.context, wording.context))
            return complaint(wording.at_context ? parser.context_mark : mark, wording.ours);
    return complaint(mark, "this is not valid YAML");
}

}  // namespace vitals::config
