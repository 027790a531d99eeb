// When a component runs. Pure: time is an argument.
//
// Runs come every `interval`. Each component has its own place in the interval, so that a thousand
// components that start together do not stay together. While a threshold holds back a change, runs
// come every `retry_interval`, counted from the start of the former run; while the component is
// down, every `down_interval`.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "model/judge.hpp"

namespace vitals::engine {

// A component's place in every interval: a fraction in [0, 1) that is the same at every start.
double place_of(std::string_view component) noexcept;

class Schedule {
  public:
    Schedule(const Policy& policy, double place);

    // The first run comes in this component's place within `spread`.
    void start(Steady now, Steady::duration spread);

    Steady next() const { return std::min(tick_, retry_); }

    struct Wake {
        bool tick = true;          // false: a retry between two ticks
        Steady::duration late{};   // behind the tick
        std::uint64_t missed = 0;  // ticks that passed during a run
    };
    // next() has come: a run begins, or a turn that counts as one.
    Wake wake(Steady now);
    // A run that began then has ended, and its result has this pace.
    void ran(Pace pace, Steady began, Steady now);

    // Whether a run that begins now leaves enough time before the next tick.
    bool has_room(Steady now) const { return tick_ - now > interval_ / 2; }

  private:
    static constexpr Steady never = Steady::max();

    Steady::duration interval_, retry_interval_, down_interval_;
    double place_;
    Steady tick_ = never;
    Steady retry_ = never;
    bool first_ = true;
    bool down_ = false;
};

}  // namespace vitals::engine
