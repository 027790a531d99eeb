// A change of a component's status. Pure.
#pragma once

#include <string>

#include "vitals/snapshot.hpp"

namespace vitals {

struct Transition {
    std::string component;
    Status from = Status::unknown;
    Status to = Status::unknown;
    std::string detail;  // public
    System at{};
};

}  // namespace vitals
