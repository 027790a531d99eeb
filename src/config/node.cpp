// The tree of a configuration file, and how a problem in it is printed.
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

bool Node::nothing() const {
    return kind == Kind::scalar && !quoted &&
           (scalar.empty() || scalar == "~" || scalar == "null" || scalar == "Null" ||
            scalar == "NULL");
}

}  // namespace vitals::config
