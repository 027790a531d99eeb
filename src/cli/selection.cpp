#include "cli/selection.hpp"

#include <algorithm>

#include "config/wording.hpp"
#include "model/selector.hpp"

namespace vitals::cli {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Whether what follows the last colon of `host:port` may be a port, or there is no colon at all.
bool is_port(std::string_view authority) {
    const auto colon = authority.rfind(':');
    if (colon == std::string_view::npos || authority.ends_with(']')) return true;
    return authority.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
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

std::string without_password(std::string_view url) {
    const auto authority = url.find("://");
    if (authority == std::string_view::npos) return std::string(url);
    const auto begin = authority + 3;
    const auto end = std::min(url.find_first_of("/?#", begin), url.size());
    auto at = url.substr(0, end).rfind('@');
    // A password with one of these in it, which should have been encoded, must not show either.
    if (at == std::string_view::npos || at < begin) {
        const bool port = is_port(url.substr(begin, end - begin));
        at = port ? std::string_view::npos : url.rfind('@');
    }
    if (at == std::string_view::npos || at < begin) return std::string(url);
    const auto colon = url.find(':', begin);
    if (colon == std::string_view::npos || colon > at) return std::string(url);
    return std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
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
            return std::unexpected("no component matches " + config::in_quotes(meant));
        }
        std::vector<std::string_view> names;
        for (const Component* component : known) names.push_back(component->name);
        return std::unexpected("no component " + config::in_quotes(meant) +
                               config::did_you_mean(meant, names));
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
