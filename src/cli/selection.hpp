// Which components the words on the command line mean. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::cli {

// `https://...`, `tcp://...`, `file:/x`: letters, digits, `+`, `-`, `.`, then a colon. A component
// of the configuration whose name looks like that is reached by a glob.
bool looks_like_url(std::string_view word) noexcept;

// The URL with `***` for the password in its authority, for showing.
std::string without_password(std::string_view url);

struct Selected {
    std::size_t index = 0;  // among the known
    bool by_name = false;   // written in full, not only taken by a glob
};

// The known names that the words take, in the order of the known, each once. Words are names or
// globs; one with a leading `!` excludes. The error says which word takes nothing.
std::expected<std::vector<Selected>, std::string> select(
    const std::vector<std::string>& words, const std::vector<std::string_view>& known);

}  // namespace vitals::cli
