// An SQLite database: that it opens, that a row written is read back and goes away again, and that
// its pages are in order. Everything happens on a lane, one phase a call.
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
