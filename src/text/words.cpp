// Wording of messages.
#include "text/words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "text/masked.hpp"
#include "text/utf8.hpp"

namespace vitals::text {

namespace {

constexpr std::size_t longest_shown = 60;

char folded(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

// Optimal string alignment: insertions, deletions, replacements, swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = folded(a[i - 1]) == folded(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0u : 1u)});
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string in_quotes(std::string_view given) {
    const std::string whole = masked_url(given);
    std::string_view rest = whole;
    std::string shown = "'";
    for (std::size_t characters = 0; !rest.empty(); ++characters) {
        if (characters == longest_shown) {
            shown += "...";
            break;
        }
        const auto [code, bytes, valid] = first_character(rest);
        if (code == '\n')
            shown += "\\n";
        else if (code < 0x20 || code == 0x7f)
            shown += fmt::format("\\x{:02x}", static_cast<unsigned>(code));
        else
            shown += bytes;
        rest.remove_prefix(bytes.size());
    }
    return shown + "'";
}

std::string one_of(std::span<const std::string_view> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
    // Long texts are not similar to anything, and would cost time.
    if (word.empty() || word.size() > 128) return std::nullopt;
    std::optional<std::string_view> best;
    std::size_t best_distance = 0;
    for (const std::string_view candidate : candidates) {
        const std::size_t longer = std::max(word.size(), candidate.size());
        const std::size_t shorter = std::min(word.size(), candidate.size());
        const bool longer_form =
            shorter >= 3 && (candidate.starts_with(word) || word.starts_with(candidate));
        if (longer_form && !best) {  // `warn` for `warning`; a more similar word wins
            best = candidate;
            best_distance = word.size();
        }
        const std::size_t allowed = longer <= 2 ? 0 : longer <= 5 ? 1 : longer <= 9 ? 2 : 3;
        if (longer - shorter > allowed) continue;
        const std::size_t far = distance(word, candidate);
        if (far > allowed) continue;
        if (!best || far < best_distance) {
            best = candidate;
            best_distance = far;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view otherwise) {
    if (const auto near = nearest(word, candidates))
        return fmt::format(", did you mean {}?", in_quotes(*near));
    return std::string(otherwise);
}

std::vector<std::string_view> split_choices(std::string_view choices) {
    std::vector<std::string_view> words;
    while (!choices.empty()) {
        const auto bar = choices.find('|');
        words.push_back(choices.substr(0, bar));
        if (bar == std::string_view::npos) break;
        choices.remove_prefix(bar + 1);
    }
    return words;
}

}  // namespace vitals::text
