// Which components the words on the command line select. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals::cli {

// `https://...`, `tcp://...`, `file:/x`: letters, digits, `+`, `-`, `.`, then a colon; but not the
// selectors `tag:...` and `kind:...`. A glob reaches a component of the configuration whose name
// looks like that.
bool looks_like_url(std::string_view word) noexcept;

struct Selected {
    std::size_t index = 0;  // among the known
    bool by_name = false;   // written in full, not only matched by a pattern
};

// The known components that the words (selectors) match, in the order of the known ones, each once.
// The error says which word matches nothing.
std::expected<std::vector<Selected>, std::string> select(
    const std::vector<std::string>& words, const std::vector<const Component*>& known);

}  // namespace vitals::cli
