// The exit codes of all subcommands. `check` and `status` return the status that they found, as
// monitoring plugins do; the others use the numbers of sysexits.h.
#pragma once

#include "vitals/status.hpp"

namespace vitals::cli {

namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int degraded = 1;
inline constexpr int failed = 2;
inline constexpr int unknown = 3;
inline constexpr int usage = 64;          // a wrong command line, or a name that does not exist
inline constexpr int unreachable = 69;    // no daemon there
inline constexpr int internal = 70;       // a fault of vitals itself
inline constexpr int output = 74;         // the output could not be written
inline constexpr int refused = 77;        // the daemon refuses it
inline constexpr int configuration = 78;  // the configuration cannot be used
}  // namespace exit_code

constexpr int exit_code_of(Status status) noexcept {
    return static_cast<int>(status);
}
static_assert(exit_code_of(Status::ok) == exit_code::ok);
static_assert(exit_code_of(Status::degraded) == exit_code::degraded);
static_assert(exit_code_of(Status::failed) == exit_code::failed);
static_assert(exit_code_of(Status::unknown) == exit_code::unknown);

}  // namespace vitals::cli
