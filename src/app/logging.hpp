// One line each on standard error, as text or JSON. Who logs never waits for who reads: lines go
// through a bounded queue to a thread of its own.
#pragma once

#include <memory>
#include <string>

#include "model/clock.hpp"
#include "vitals/log.hpp"

namespace vitals::app {

class Logger {
  public:
    // `level`: debug, info, warning, error. `format`: text, json. Throws std::system_error when its
    // thread cannot be started.
    Logger(const std::string& level, const std::string& format, int descriptor = 2);
    // Writes what is queued, for half a second at most. Lines that come later are dropped.
    ~Logger();
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;

    // Any thread; never blocks, and outlives the logger. A line that finds the queue full (1 MiB)
    // is dropped; how many were is told as soon as lines are read again.
    Log log() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// The line with its newline. What a peer said may be in it, but forges no other line.
std::string log_line(LogLevel level, std::string_view message, System time, bool json);

}  // namespace vitals::app
