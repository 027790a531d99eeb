// ${NAME} and ${NAME:-default} in the scalars of a parsed file. Variables are replaced after
// parsing, so a value can never add structure.
//
// `${NAME:-default}` is the default when NAME is unset or empty. `$${` stands for a plain `${`; any
// other `$` is a plain `$`. In values that components inherit, `${.name}` and `${.group}` stand for
// the names of the component.
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

// Replaces variables in every value (not in keys). A node with an unset variable or a malformed
// reference is reported and `broken`; one that looks like a variable without braces gets a warning.
// `inherited`: names of heirs are left for replace_heir().
void replace_variables(Node& node, const Environment& environment, bool inherited,
                       std::vector<Complaint>& complaints, std::vector<Complaint>& doubts);

// Inserts the names of the component that inherits the value.
void replace_heir(Node& node, std::string_view component);

}  // namespace vitals::config
