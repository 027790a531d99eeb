// A change of a component's status. Pure.
#pragma once

#include <chrono>
#include <string>

#include "vitals/snapshot.hpp"

namespace vitals {

struct Transition {
    std::string component;
    Status from = Status::unknown;
    Status to = Status::unknown;
    std::string detail;  // public
    System at{};         // by the wall clock, for show
    std::string error;   // private, of the run that showed it
    ErrorClass error_class = ErrorClass::none;
    // How long it had the former status; for a return to `ok`, how long it was not ok. Zero: not
    // known.
    std::chrono::system_clock::duration lasted{};
    bool first = false;  // the first result in this process
    Steady decided{};    // the verdict
    Steady began{};      // the first of the runs that led to it
};

}  // namespace vitals
