// An SQLite database: it opens, a written row is read back and deleted, and its pages are in order.
// Everything happens on a lane, one phase for each call.
#pragma once

#include <string>

#include "checks/kind.hpp"

namespace vitals::checks::sqlite {

struct Options {
    std::string path;
    bool create = false;
    bool write = true;
    std::string integrity = "none";
};

extern const Kind kind;

}  // namespace vitals::checks::sqlite
