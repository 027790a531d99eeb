// The expected content of a text from outside: plain text, or a regular expression between slashes.
// It uses RE2, so the time is linear for any text. Pure.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "model/description.hpp"

namespace re2 {
class RE2;
}

namespace vitals::wire {

// Copies share the compiled expression. Thread-safe.
class Pattern {
  public:
    Pattern() = default;  // empty
    // From a valid text; a text that is not a valid pattern is searched for as it is.
    Pattern(std::string_view text);
    Pattern(const std::string& text) : Pattern(std::string_view(text)) {}
    Pattern(const char* text) : Pattern(std::string_view(text)) {}

    // `/.../` is a regular expression in RE2's syntax (`(?i)` in it ignores case); any other text
    // is searched for as it is. Or what is wrong with the expression.
    static std::expected<Pattern, std::string> parse(std::string_view text);

    // Whether the text contains it anywhere; `^` and `$` in an expression bind it to the ends.
    bool found_in(std::string_view text) const;

    const std::string& text() const noexcept { return text_; }  // as it was written
    bool empty() const noexcept { return text_.empty(); }       // found in everything

  private:
    std::string text_;
    std::shared_ptr<const re2::RE2> expression_;
};

// What is wrong with a pattern, or empty.
std::string pattern_problem(std::string_view text);

}  // namespace vitals::wire

namespace vitals {
template <>
struct OptionText<wire::Pattern> {
    static constexpr std::string_view name = "pattern";
    static std::expected<wire::Pattern, std::string> parse(std::string_view text) {
        return wire::Pattern::parse(text);
    }
    static std::string shown(const wire::Pattern& pattern) { return pattern.text(); }
};
}  // namespace vitals
