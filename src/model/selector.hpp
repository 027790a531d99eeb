// Selects components: one grammar in all places that select components (endpoints, dependencies,
// the command line). Pure.
//
// A word is a glob over names (`databases/*`), `tag:NAME` or `kind:NAME`, whose NAME may also be a
// glob. `!` in front excludes. `tag?...` reaches a component whose own name begins with `tag:`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals {

// One word, split into its parts; its texts point into the word.
struct SelectorWord {
    enum class By : std::uint8_t { name, tag, kind };
    bool excludes = false;
    By by = By::name;
    std::string_view pattern;

    bool is_glob() const noexcept { return pattern.find_first_of("*?") != std::string_view::npos; }
    bool matches(const Component& component) const noexcept;
};
SelectorWord read_selector_word(std::string_view word) noexcept;

// What is wrong with a word, or empty.
std::string selector_problem(std::string_view word);

// A component is selected if a word without `!` matches it (or no word is without `!`) and no word
// with `!` does. An empty selector selects everything.
class Selector {
  public:
    Selector() = default;
    explicit Selector(std::vector<std::string> words);
    bool takes(const Component& component) const noexcept;
    bool empty() const noexcept { return words_.empty(); }
    const std::vector<std::string>& words() const noexcept { return words_; }

  private:
    std::vector<std::string> words_;
    bool includes_ = false;  // some word has no `!`
};

}  // namespace vitals
