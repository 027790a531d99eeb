// Units of systemd: a service, a timer with its service, any other unit; or patterns whose units
// must not have failed. It only asks.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "checks/kind.hpp"

namespace vitals::checks::systemd {

struct Options {
    std::string unit;
    std::vector<std::string> units;  // patterns: no matching unit has failed
    std::vector<std::string> ignore;
    bool user = false;
    std::string socket;
    std::string expect = "active";
    std::int64_t restarts_above = 0;
    std::optional<std::chrono::milliseconds> starting_above;
    std::optional<std::chrono::milliseconds> ran_within;
};

extern const Kind kind;

}  // namespace vitals::checks::systemd
