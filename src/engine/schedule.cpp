// The arithmetic of ticks and retries.
#include "engine/schedule.hpp"

#include <algorithm>

namespace vitals::engine {

namespace {

Steady::duration part_of(Steady::duration whole, double fraction) {
    return Steady::duration(
        static_cast<Steady::rep>(static_cast<double>(whole.count()) * fraction));
}

}  // namespace

// FNV-1a.
double place_of(std::string_view component) noexcept {
    std::uint64_t hash = 14695981039346656037ull;
    for (const char c : component) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211ull;
    }
    return static_cast<double>((hash >> 11) & 0xffffffff) / 4294967296.0;
}

Schedule::Schedule(const Policy& policy, double place)
    : interval_(policy.interval_at(Pace::usual)),
      retry_interval_(policy.interval_at(Pace::retry)),
      down_interval_(policy.interval_at(Pace::down)),
      place_(place) {}

void Schedule::start(Steady now, Steady::duration spread) {
    tick_ = now + part_of(std::min(spread, interval_), place_);
}

Schedule::Wake Schedule::wake(Steady now) {
    retry_ = never;
    if (now < tick_) return {.tick = false};
    Wake woken;
    if (first_) {
        // The second run comes in the second half of the interval.
        first_ = false;
        tick_ = now + interval_ / 2 + part_of(interval_ / 2, place_);
        return woken;
    }
    const Steady::duration pace = down_ ? down_interval_ : interval_;
    woken.late = now - tick_;
    tick_ += pace;
    if (tick_ <= now) {
        woken.missed = static_cast<std::uint64_t>((now - tick_) / pace) + 1;
        tick_ += pace * static_cast<Steady::rep>(woken.missed);
    }
    return woken;
}

void Schedule::ran(Pace pace, Steady began, Steady now) {
    down_ = pace == Pace::down;
    // A run that took longer than that is followed at once, after the moment that its end takes.
    retry_ = pace == Pace::retry ? std::max(began + retry_interval_, now + retry_pause) : never;
    // Once it is no longer down, it is checked as often as before, in its old place.
    if (!down_ && tick_ != never && tick_ - now > interval_)
        tick_ -= interval_ * ((tick_ - now - Steady::duration(1)) / interval_);
}

}  // namespace vitals::engine
