// Whether a program runs: the process in a pid file, or the right number of processes with a name.
// It sends no signals.
#pragma once

#include <optional>
#include <string>

#include "checks/kind.hpp"

namespace vitals::checks::process {

struct Options {
    std::string pid_file;
    std::string name;
    std::string user;
    std::string count = ">=1";
    std::string root;  // not described: where a test keeps its /proc
};

extern const Kind kind;

}  // namespace vitals::checks::process
