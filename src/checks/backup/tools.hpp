// How to ask restic, borg and pgBackRest for their newest backup, and what their answers mean.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/program/program.hpp"
#include "backup.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks::backup {

// `folder` belongs to the run, for files that a tool keeps; it is removed afterwards.
backends::program::Launch launch_of(const Options& options, const std::string& folder);

// The answer of a tool that ended with code 0.
Outcome judge_answer(const Options& options, std::string_view output, System now);
// The meaning of another code, from what the tool wrote to standard error.
Outcome judge_refusal(const Options& options, int exit_code, std::string_view errors);

}  // namespace vitals::checks::backup
