// A YAML document as a tree whose every node knows where it stood. Made from libyaml's events:
// duplicate keys, anchors, aliases, tags and second documents are errors, depth and size are
// limited. Scalars stay text; only a description converts them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitals::config {

struct Position {
    std::size_t line = 1;    // from 1
    std::size_t column = 1;  // from 1, in characters
    bool operator==(const Position&) const = default;
    auto operator<=>(const Position&) const = default;
};

// One thing wrong, where, and what is expected. Printed as `file:line:column: message`.
struct Problem {
    std::string file;
    Position position;
    std::string message;
    std::string text() const;
};
using Problems = std::vector<Problem>;

struct Node {
    enum class Kind { scalar, sequence, mapping };
    struct Entry;
    Kind kind = Kind::scalar;
    Position position;
    std::string scalar;   // after ${NAME} replacement
    bool quoted = false;  // written in quotes or as a block: an empty one is a text, not nothing
    bool broken = false;  // a problem of it is already reported; whoever reads it says no more
    std::vector<Node> items;
    std::vector<Entry> entries;  // in the order written
    // The value of that key of a mapping, or null.
    const Node* find(std::string_view key) const;
    // `key:` with nothing behind it, or with a plain null or ~.
    bool nothing() const;
};
struct Node::Entry {
    std::string key;
    Position position;
    Node value;
};

}  // namespace vitals::config
