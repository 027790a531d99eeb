// The result of trying several servers in turn when none of them served.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/check_error.hpp"

namespace vitals {

class Refusals {
  public:
    // `where` is private. `phase` is the phase of the run, for an error that names none.
    void add(std::string_view where, CheckError error, const std::string& phase);
    bool empty() const noexcept { return count_ == 0; }
    // For one server, its error. For several, the class and phase of the first error, with `none`
    // ("no session at any of") before the count, and all of them in the private text. Precondition:
    // not empty.
    CheckError summary(std::string_view none) const;

  private:
    std::size_t count_ = 0;
    std::optional<CheckError> first_;
    std::string text_;
};

}  // namespace vitals
