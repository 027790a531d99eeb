// How often a keeper (systemd, a container engine) has restarted a service, remembered between
// runs. A state at one moment does not show that: a service that dies every second may run at that
// moment.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "text/amount.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks {

class Restarts {
  public:
    // The keeper's own count, and when the present process was started. Counts what is new.
    void note(std::uint64_t count, std::optional<System> started, System now) {
        std::uint64_t fresh = 0;
        if (!known_) {
            // The present process is at least one restart, and its time is known.
            if (count > 0 && started) times_.push_back(*started);
        } else {
            // A manual start resets the count, and is not a restart.
            fresh = count >= last_ ? count - last_ : count;
        }
        for (std::uint64_t i = 0; i < std::min<std::uint64_t>(fresh, most); ++i)
            times_.push_back(now);
        while (times_.size() > most ||
               (!times_.empty() && now - times_.front() > std::chrono::hours(1)))
            times_.pop_front();
        last_ = count;
        known_ = true;
    }
    std::size_t within(std::chrono::milliseconds time, System now) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(times_, [&](System each) { return now - each <= time; }));
    }

    // The verdict on the restarts for an outcome that is otherwise good: more than `above` within
    // an hour are degraded, and failed when it continues. `by` is the keeper, `error` its words.
    Outcome judge(Outcome outcome, std::int64_t above, const std::string& by, std::string error,
                  System now) const {
        const std::size_t count = within(std::chrono::hours(1), now);
        outcome.with("restarts_last_hour", static_cast<std::int64_t>(count));
        if (outcome.status != Status::ok || count <= static_cast<std::size_t>(above))
            return outcome;
        const std::string text =
            "restarted " + text::counted(count, "time") + " by " + by + " in the last hour";
        const bool loops = within(loop_time, now) >= loop_restarts;
        outcome.status = loops ? Status::failed : Status::degraded;
        outcome.error_class = loops ? ErrorClass::assertion : ErrorClass::none;
        outcome.detail = loops ? "dies over and over: " + text : text;
        outcome.error = std::move(error);
        return outcome;
    }

  private:
    static constexpr std::size_t most = 1000;
    // This many restarts within this time are not an incident that is over.
    static constexpr std::size_t loop_restarts = 3;
    static constexpr std::chrono::minutes loop_time{5};
    bool known_ = false;
    std::uint64_t last_ = 0;
    std::deque<System> times_;  // oldest first
};

}  // namespace vitals::checks
