// The tree of a configuration file, and the text of its problems.
#include "config/node.hpp"

#include <fmt/format.h>

#include "text/masked.hpp"

namespace vitals::config {

std::string Problem::text() const {
    return fmt::format("{}:{}:{}: {}", file, position.line, position.column, text::masked(message));
}

const Node* Node::find(std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

void Node::set_use(std::uint32_t use) {
    position.use = use;
    for (Node& item : items) item.set_use(use);
    for (Entry& entry : entries) {
        entry.position.use = use;
        entry.value.set_use(use);
    }
}

std::uint32_t Sources::use_at(Position position) {
    uses.push_back(position);
    return static_cast<std::uint32_t>(uses.size() - 1);
}

std::string Sources::place(Position position, Position from) const {
    if (position.file == from.file) return fmt::format("on line {}", position.line);
    return fmt::format("in {} on line {}", files.at(position.file), position.line);
}

bool Node::nothing() const {
    return kind == Kind::scalar && !quoted &&
           (scalar.empty() || scalar == "~" || scalar == "null" || scalar == "Null" ||
            scalar == "NULL");
}

}  // namespace vitals::config
