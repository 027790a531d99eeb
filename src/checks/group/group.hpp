// A group of components or of workers, of which a given number must be well.
#pragma once

#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "model/share.hpp"

namespace vitals::checks::group {

struct Options {
    std::vector<std::string> of;
    std::string workers;
    Need need;
};

extern const Kind kind;

}  // namespace vitals::checks::group
