// What became of several servers that were tried in turn, of which none served.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/check_error.hpp"

namespace vitals {

class Refusals {
  public:
    // `where` is private; `phase`: in which the run was, where the error names none.
    void add(std::string_view where, CheckError error, const std::string& phase);
    bool empty() const noexcept { return count_ == 0; }
    // The error of the only one; or the first one's class and phase, with `none` ("no session at
    // any of") before the count, and all of them in the private text. Precondition: not empty.
    CheckError summary(std::string_view none) const;

  private:
    std::size_t count_ = 0;
    std::optional<CheckError> first_;
    std::string text_;
};

}  // namespace vitals
