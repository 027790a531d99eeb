// A monitoring plugin: a program of the operator whose exit code is the verdict.
#pragma once

#include <string>
#include <vector>

#include "checks/kind.hpp"

namespace vitals::checks::exec {

struct Options {
    std::vector<std::string> command;
    TextMap environment;
    SecretMap secrets;
};

extern const Kind kind;

}  // namespace vitals::checks::exec
