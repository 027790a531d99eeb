// From the bytes of a YAML file to a tree with positions. Stricter than YAML: one document, no
// tags, no duplicate keys or anchors, keys are scalars, at most 32 levels. Aliases become copies of
// their values, merge keys (`<<`) become entries; their number is bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"

namespace vitals::config {

inline constexpr std::size_t max_depth = 32;
inline constexpr std::size_t max_values = 5'000'000;         // of a configuration, in all
inline constexpr std::size_t max_copied_values = 2'000'000;  // of these, from aliases

// Something wrong at a place in the file.
struct Complaint {
    Position position;
    std::string message;
};

// The tree, or nothing when the text is not YAML or has no document. Complaints are appended in
// either case; a node with a complaint is `broken`. Positions are in the last of the files.
std::optional<Node> read_yaml(std::string_view text, Sources& sources,
                              std::vector<Complaint>& complaints);

}  // namespace vitals::config
