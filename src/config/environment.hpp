// ${NAME} and ${NAME:-default} in the scalars of a parsed file. Replacing after parsing means that
// a value can never add structure.
//
// `${NAME:-default}` takes the default when NAME is unset or empty. `$${` stands for a plain `${`;
// any other `$` is only a `$`.
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
// complained of and `broken`.
void replace_variables(Node& node, const Environment& environment,
                       std::vector<Complaint>& complaints);

}  // namespace vitals::config
