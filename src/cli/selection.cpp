#include "cli/selection.hpp"

#include <algorithm>

#include "model/selector.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool looks_like_url(std::string_view word) noexcept {
    const auto colon = word.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_letter(word[0])) return false;
    if (read_selector_word(word).by != SelectorWord::By::name) return false;
    return std::ranges::all_of(word.substr(0, colon), [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
}

std::expected<std::vector<Selected>, std::string> select(
    const std::vector<std::string>& words, const std::vector<const Component*>& known) {
    for (const auto& text : words) {
        const auto word = read_selector_word(text);
        const bool found = std::ranges::any_of(
            known, [&](const Component* component) { return word.matches(*component); });
        if (found) continue;
        const auto meant = std::string_view(text).substr(word.excludes ? 1 : 0);
        if (word.is_glob() || word.by != SelectorWord::By::name) {
            return std::unexpected("no component matches " + text::in_quotes(meant));
        }
        const std::string group = std::string(meant) + '/';
        if (std::ranges::any_of(known, [&group](const Component* component) {
                return component->name.starts_with(group);
            }))
            return std::unexpected("no component " + text::in_quotes(meant) + "; '" + group +
                                   "*' takes that group");
        std::vector<std::string_view> names;
        for (const Component* component : known) names.push_back(component->name);
        return std::unexpected("no component " + text::in_quotes(meant) +
                               text::did_you_mean(meant, names));
    }
    const Selector selector(words);
    std::vector<Selected> selected;
    for (std::size_t index = 0; index < known.size(); ++index) {
        if (!selector.takes(*known[index])) continue;
        selected.push_back({index, std::ranges::find(words, known[index]->name) != words.end()});
    }
    return selected;
}

}  // namespace vitals::cli
