// What is known of a job, in the form of the store: JSON. Pure.
#pragma once

#include <optional>
#include <string>

#include "jobs/job.hpp"

namespace vitals::jobs {

std::string saved(const JobMemory& memory);
// Nothing if it cannot be read.
std::optional<JobMemory> memory_of(const std::string& saved);

}  // namespace vitals::jobs
