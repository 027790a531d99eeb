// Which components an endpoint shows: globs over names, `!` excludes. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vitals {

// `*` matches any run of characters (also `/`), `?` one character.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;

// What is wrong with a pattern, or empty: it must not be empty, nor longer than 128 bytes.
std::string glob_problem(std::string_view pattern);

// A name is taken if a pattern without `!` matches it (or there is none such) and no `!` pattern
// does. An empty filter takes everything.
class Filter {
  public:
    Filter() = default;
    explicit Filter(std::vector<std::string> patterns);
    bool takes(std::string_view name) const noexcept;
    bool empty() const noexcept { return patterns_.empty(); }
    const std::vector<std::string>& patterns() const noexcept { return patterns_; }

  private:
    std::vector<std::string> patterns_;
    bool has_positive_ = false;
};

}  // namespace vitals
