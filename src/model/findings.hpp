// What a check found wrong, one thing after the other: the worst status and all texts. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/severity.hpp"
#include "vitals/outcome.hpp"

namespace vitals {

struct Findings {
    Status status = Status::ok;
    std::string text;  // of all that is not ok, separated by commas

    void add(Status found, std::string_view words);

    // `ok(otherwise)` if nothing is wrong, else degraded or failed with the text.
    Outcome outcome(std::string otherwise) const;
};

// Judges a value by two bounds; a value that equals a bound is within it.
constexpr Status judged_above(double value, double degraded_above, double failed_above) noexcept {
    if (value > failed_above) return Status::failed;
    return value > degraded_above ? Status::degraded : Status::ok;
}

}  // namespace vitals
