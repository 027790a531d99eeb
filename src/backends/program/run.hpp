// A program from its start to its end, within a run: the one way in which checks, receivers and
// actions do it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "backends/program/program.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::backends::program {

// Enters the phases `start` and `phase`. When the run is cancelled, the program is killed with all
// that it started, and this goes on until nothing of it is left: only then may another one start,
// so that programs that cannot even be killed do not pile up. Throws CheckError{local} where there
// is no such program.
net::awaitable<std::pair<std::shared_ptr<Program>, End>> run(Launch launch, std::string_view phase,
                                                             net::Context& context);

// `exit code 1`, `killed by SIGTERM`.
std::string said(const Program& program, const End& end);

}  // namespace vitals::backends::program
