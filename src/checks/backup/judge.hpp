// The verdict on what backups there are. Pure.
#pragma once

#include <string>

#include "backup.hpp"
#include "files.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks::backup {

// The backup that was being written when a run looked, and since when; remembered between runs.
struct Writing {
    std::string name;
    System since{};
};

// A stopped writer leaves a short file behind, and nothing else tells.
Outcome judge(const Options& options, const Listing& listing, Writing& writing, System now);

// What a tool says of its newest backup.
Outcome judge_age(const Options& options, System newest, System now);

}  // namespace vitals::checks::backup
