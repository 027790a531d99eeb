// What a text that came from outside is expected to hold: plain text, or a regular expression
// between slashes. RE2, so that the time is linear whatever is matched against. Pure.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace vitals::wire {

// Copies share the compiled expression. Thread-safe.
class Pattern {
  public:
    // `/.../` is a regular expression in RE2's syntax (`(?i)` within it ignores case); anything
    // else is looked for as it stands. Or: what is wrong with the expression.
    static std::expected<Pattern, std::string> parse(std::string_view text);

    // Whether the text holds it anywhere; `^` and `$` in an expression bind it to the ends.
    bool found_in(std::string_view text) const;

  private:
    std::string text_;
    std::shared_ptr<const re2::RE2> expression_;
};

// What is wrong with a pattern, or empty.
std::string pattern_problem(std::string_view text);

}  // namespace vitals::wire
