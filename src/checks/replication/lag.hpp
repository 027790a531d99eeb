// How far a standby is behind, and the verdict by the bounds of the options. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replication.hpp"

namespace vitals::checks::replication {

struct Lag {
    std::optional<std::int64_t> bytes;
    std::optional<double> seconds;

    bool above(const std::vector<std::string>& bounds) const;
    std::string text() const;
};

// Puts the lag into the outcome's properties and judges it, unless the outcome is already failed.
// `who` lags, in words.
void judge_lag(const Options& options, const Lag& lag, std::string_view who, Outcome& outcome);

}  // namespace vitals::checks::replication
