// backup: the newest backup exists, is recent, and is as large as those before it; from files, or
// from restic, borg or pgBackRest.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checks/kind.hpp"

namespace vitals::checks::backup {

struct Options {
    std::string path;
    std::string pattern = "*";
    std::string time = "modified";
    std::chrono::milliseconds degraded_after = std::chrono::hours(26);
    std::chrono::milliseconds failed_after = std::chrono::hours(50);
    Size min_size{1};
    Percentage smaller_than{50};
    std::chrono::milliseconds settle = std::chrono::minutes(5);
    std::chrono::milliseconds longest = std::chrono::hours(12);
    std::string tool;
    std::string repository;
    Secret password;
    std::vector<std::string> tags;
    std::string host;
    SecretMap environment;
};

extern const Kind kind;

}  // namespace vitals::checks::backup
