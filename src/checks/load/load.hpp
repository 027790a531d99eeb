// How busy the machine is: its load per processor, and the share of time in which work stood still
// for lack of processor, memory or disk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checks/kind.hpp"

namespace vitals::checks::load {

struct Options {
    double degraded_above = 4;
    double failed_above = 16;
    std::optional<Percentage> pressure_degraded_above;
    std::optional<Percentage> pressure_failed_above;
    std::vector<std::string> pressure = {"cpu", "memory", "io"};
    std::string root;  // not described: where a test keeps its /proc and /sys
};

struct Figures {
    double load1 = 0, load5 = 0, load15 = 0;
    double cpus = 1;                         // that share the load: all of the machine
    std::optional<double> cpus_allowed;      // to this process, when fewer
    std::map<std::string, double> pressure;  // per cent of the last minute, by resource
};

// The verdict on these figures. Pure.
Outcome judge(const Options& options, const Figures& figures);

extern const Kind kind;

}  // namespace vitals::checks::load
