// Removes credentials from what a check found, before anybody sees it. Pure.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "model/secret.hpp"
#include "vitals/outcome.hpp"

namespace vitals {

// All texts of an outcome, with text::masked() applied.
void mask(Outcome& outcome);

// The text with `***` in place of the values of these secrets. Values of less than four bytes stay,
// because they are parts of other words. Half of a value is not found: cut the text after this.
std::string without_secrets(std::string text,
                            std::span<const std::pair<std::string, Secret>> secrets);

}  // namespace vitals
