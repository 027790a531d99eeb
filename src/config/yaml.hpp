// From the bytes of a YAML file to a tree with positions. Stricter than YAML: one document, no
// anchors, aliases, tags or duplicate keys, keys are scalars, at most 32 levels and 1 MiB.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"

namespace vitals::config {

inline constexpr std::size_t max_file_bytes = 1024 * 1024;
inline constexpr std::size_t max_depth = 32;

// Something wrong at a place in the file.
struct Complaint {
    Position position;
    std::string message;
};

// The tree, or nothing when the text is not YAML or holds no document. Complaints are appended in
// either case; a node that was complained of is `broken`.
std::optional<Node> read_yaml(std::string_view text, std::vector<Complaint>& complaints);

}  // namespace vitals::config
