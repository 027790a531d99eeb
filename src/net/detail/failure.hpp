// What the operating system says, in our words: the one place where errno becomes CheckError.
// Inside net only.
#pragma once

#include <string>

#include "model/check_error.hpp"

namespace vitals::net {

// An operation that ended because its run was cancelled. Nobody sees its text: whoever cancelled
// has given the verdict already.
CheckError run_cancelled();

// connect(2) or socket(2) failed. `where` is the address, for `error`.
CheckError connect_failure(int error, const std::string& where);

// read(2) or write(2) failed on a connection that stood.
CheckError stream_failure(int error, const std::string& where);

// The system's text for an errno.
std::string system_text(int error);

}  // namespace vitals::net
