// What is known of the past, read from the history. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/uptime.hpp"

namespace vitals {

// The past of one component. Times are those of the time line.
struct Past {
    System from{};                 // what follows is known from here on
    System now{};                  // the end of it
    std::vector<StateSpan> spans;  // ascending; the first may start before `from`
    std::vector<Stretch> skipped;  // merged
    std::vector<Stretch> blind;    // merged
    std::vector<Stretch> planned;  // merged: maintenance

    Watched watched() const { return {spans, skipped, blind, planned}; }
};

// A component changed from one state to another.
struct PastChange {
    std::string component;
    Spent from = Spent::unwatched;
    Spent to = Spent::unwatched;
    System first{};    // the first run that found it
    System decided{};  // the verdict
    std::string why;   // public
    // How long the former state lasted; nothing for the first change that is kept.
    std::optional<std::chrono::milliseconds> lasted;
};

}  // namespace vitals
