// The verdict on the backups. Pure.
#pragma once

#include <string>

#include "backup.hpp"
#include "files.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks::backup {

// The backup that was being written during a run, and since when; remembered between runs.
struct Writing {
    std::string name;
    System since{};
};

// A stopped writer leaves a short file behind, and nothing else shows that.
Outcome judge(const Options& options, const Listing& listing, Writing& writing, System now);

// What a tool reports of its newest backup.
Outcome judge_age(const Options& options, System newest, System now);

}  // namespace vitals::checks::backup
