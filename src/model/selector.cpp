// Selectors of components.
#include "model/selector.hpp"

#include <algorithm>
#include <utility>

#include "text/glob.hpp"

namespace vitals {

bool SelectorWord::matches(const Component& component) const noexcept {
    switch (by) {
        case By::name:
            return text::glob_match(pattern, component.name);
        case By::kind:
            return text::glob_match(pattern, component.kind);
        case By::tag:
            return std::any_of(
                component.tags.begin(), component.tags.end(),
                [this](const std::string& tag) { return text::glob_match(pattern, tag); });
    }
    return false;
}

SelectorWord read_selector_word(std::string_view word) noexcept {
    SelectorWord read;
    if (word.starts_with('!')) {
        read.excludes = true;
        word.remove_prefix(1);
    }
    constexpr std::pair<std::string_view, SelectorWord::By> prefixes[] = {
        {"tag:", SelectorWord::By::tag}, {"kind:", SelectorWord::By::kind}};
    for (const auto& [prefix, by] : prefixes) {
        if (!word.starts_with(prefix)) continue;
        read.by = by;
        word.remove_prefix(prefix.size());
        break;
    }
    read.pattern = word;
    return read;
}

std::string selector_problem(std::string_view word) {
    const SelectorWord read = read_selector_word(word);
    if (read.by == SelectorWord::By::name &&
        std::count(read.pattern.begin(), read.pattern.end(), '/') > 1)
        return "a component's name has at most one '/', so no component can match";
    return text::glob_problem(read.pattern);
}

Selector::Selector(std::vector<std::string> words) : words_(std::move(words)) {
    includes_ = std::any_of(words_.begin(), words_.end(),
                            [](const std::string& word) { return !word.starts_with('!'); });
}

bool Selector::takes(const Component& component) const noexcept {
    bool taken = !includes_;
    for (const std::string& text : words_) {
        const SelectorWord word = read_selector_word(text);
        if (taken && !word.excludes) continue;
        if (!word.matches(component)) continue;
        if (word.excludes) return false;
        taken = true;
    }
    return taken;
}

}  // namespace vitals
