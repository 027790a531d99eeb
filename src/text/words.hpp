// How messages name things: values in quotes, lists of choices, near misses. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::text {

// In single quotes, control characters escaped, cut to about 60 characters. Not for secrets.
std::string in_quotes(std::string_view text);

// `a, b or c`.
std::string one_of(std::span<const std::string_view> words);

// The word that was probably meant: a few letters wrong, missing, doubled or swapped, or only the
// beginning of it; case, `-` and `_` count as equal. Nothing when none is near.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

// `, did you mean 'interval'?`, or `otherwise` when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view otherwise = {});

// The words of `a|b|c`.
std::vector<std::string_view> split_choices(std::string_view choices);

}  // namespace vitals::text
