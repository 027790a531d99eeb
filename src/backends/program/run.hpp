// A program from its start to its end, within a run's deadline, for checks, receivers and actions.
#pragma once

#include <memory>
#include <string>

#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "program.hpp"

namespace vitals::backends::program {

struct Ended {
    std::shared_ptr<Program> program;  // with its output
    End end;
};

// Phases: `start`, then `phase`. The program is killed, with all that it started, when it writes
// too much and at the deadline. After the deadline this continues until nothing of it is left: only
// then may the next one start, so that programs that cannot be killed do not pile up. Throws
// CheckError{local} when it cannot be started.
net::awaitable<Ended> run(net::Context& context, Launch launch, std::string phase);

// `exit code 1`, `killed by SIGTERM`.
std::string said(const Ended& ended);

}  // namespace vitals::backends::program
