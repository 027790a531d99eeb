// A YAML document as a tree whose nodes know their positions. Made from libyaml's events: duplicate
// keys, tags and second documents are errors; depth and size are limited. Aliases and merge keys
// are already resolved. Scalars stay text; only a description converts them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitals::config {

struct Position {
    std::uint32_t line = 1;    // from 1
    std::uint32_t column = 1;  // from 1, in characters
    std::uint32_t file = 0;    // of Sources::files
    std::uint32_t use = 0;     // of Sources::uses
    bool operator==(const Position&) const = default;
    std::strong_ordering operator<=>(const Position& other) const {
        if (const auto by_file = file <=> other.file; by_file != 0) return by_file;
        if (const auto by_line = line <=> other.line; by_line != 0) return by_line;
        if (const auto by_column = column <=> other.column; by_column != 0) return by_column;
        return use <=> other.use;
    }
};

// The files of one configuration, and the places that use values from elsewhere: from an anchor, or
// from the defaults of a kind or a group.
struct Sources {
    std::vector<std::string> files;  // the first is the one that includes the others
    std::vector<Position> uses{{}};  // the first stands for none
    std::size_t values = 0;          // read so far, all files together
    std::size_t copied = 0;          // of these by aliases

    std::uint32_t use_at(Position position);
    // `on line 12`, or `in conf.d/a.yaml on line 12`, for a reference from another place.
    std::string place(Position position, Position from) const;
};

// One problem: where, what, and what is expected. Printed as `file:line:column: message`.
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
    std::string scalar;       // after ${NAME} replacement
    bool quoted = false;      // written in quotes or as a block: an empty one is a text
    bool replaced = false;    // a variable is part of it
    bool names_heir = false;  // ${.name} or ${.group} is: of the component that inherits it
    bool broken = false;      // a problem of it was already reported; no more are
    std::vector<Node> items;
    std::vector<Entry> entries;  // in the order written
    // The value of that key in a mapping, or null.
    const Node* find(std::string_view key) const;
    // `key:` without a value, or with a plain null or ~.
    bool nothing() const;
    // Marks it and all that is in it with the place of its use.
    void set_use(std::uint32_t use);
};
struct Node::Entry {
    std::string key;
    Position position;
    Node value;
};

}  // namespace vitals::config
