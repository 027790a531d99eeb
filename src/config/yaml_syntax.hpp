// What is wrong with a text that is not YAML, in vitals' words, with those of libyaml behind them.
#pragma once

#include <yaml.h>

#include <optional>
#include <string_view>

#include "config/yaml.hpp"

namespace vitals::config {

// The first place that is not UTF-8, or that holds a character that YAML does not allow.
std::optional<Complaint> encoding_complaint(std::string_view text);

// Why the parser of that text stopped.
Complaint syntax_complaint(const yaml_parser_t& parser, std::string_view text);

}  // namespace vitals::config
