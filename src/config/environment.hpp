// ${NAME} and ${NAME:-default} in the scalars of a parsed file. Replacing after parsing means that
// a value can never add structure.
//
// `${NAME:-default}` takes the default when NAME is unset or empty. `$${` stands for a plain `${`;
// any other `$` is only a `$`. In what components inherit, `${.name}` and `${.group}` stand for
// their own names.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"
#include "config/yaml.hpp"

namespace vitals::config {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// This process's variables.
Environment process_environment();

// A letter or `_`, then letters, digits and `_`.
bool is_variable_name(std::string_view name);

// Replaces in every value (not in keys). A node with an unset variable or a malformed reference is
// complained of and `broken`; one that looks like a variable without braces is doubted.
// `inherited`: names of heirs are left for replace_heir().
void replace_variables(Node& node, const Environment& environment, bool inherited,
                       std::vector<Complaint>& complaints, std::vector<Complaint>& doubts);

// Puts in the names of the component that inherits it.
void replace_heir(Node& node, std::string_view component);

}  // namespace vitals::config
