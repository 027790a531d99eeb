// Translates errors of the operating system: the only place where errno becomes CheckError. Inside
// net only.
#pragma once

#include <string>

#include "model/check_error.hpp"

namespace vitals::net {

// An operation ended because its run was cancelled. Nobody sees its text: the code that cancelled
// it has already given the verdict.
CheckError run_cancelled();

// connect(2) or socket(2) failed. `where` is the address, for `error`.
CheckError connect_failure(int error, const std::string& where);

// read(2) or write(2) failed on an open connection.
CheckError stream_failure(int error, const std::string& where);

// The system's text for an errno.
std::string system_text(int error);

}  // namespace vitals::net
