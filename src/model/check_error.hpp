// The one exception inside checks. It is caught at one place in the engine and becomes an outcome.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "vitals/status.hpp"

namespace vitals {

class CheckError : public std::exception {
  public:
    // `detail` is from vitals and public ("connection refused"). `error` is private: addresses,
    // versions, what the other side said. The phase is that of the run, unless it is given.
    CheckError(ErrorClass error_class, std::string detail, std::string error = {},
               std::string phase = {})
        : error_class(error_class),
          detail(std::move(detail)),
          error(std::move(error)),
          phase(std::move(phase)) {}

    const char* what() const noexcept override { return detail.c_str(); }

    ErrorClass error_class;
    std::string detail;
    std::string error;
    std::string phase;
};

}  // namespace vitals
