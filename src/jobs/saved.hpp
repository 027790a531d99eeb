// What is known of a job, as the store keeps it: JSON. Pure.
#pragma once

#include <optional>
#include <string>

#include "jobs/job.hpp"

namespace vitals::jobs {

std::string saved(const JobMemory& memory);
// Nothing where it cannot be read.
std::optional<JobMemory> memory_of(const std::string& saved);

}  // namespace vitals::jobs
