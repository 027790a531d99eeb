// How restic, borg and pgBackRest are asked for their newest backup, and what their answers mean.
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

// `folder` is one of the run's own, for what a tool keeps aside; it is gone afterwards.
backends::program::Launch launch_of(const Options& options, const std::string& folder);

// What a tool said that ended with code 0.
Outcome judge_answer(const Options& options, std::string_view output, System now);
// What one means that ended with another code, by what it wrote to standard error.
Outcome judge_refusal(const Options& options, int exit_code, std::string_view errors);

}  // namespace vitals::checks::backup
