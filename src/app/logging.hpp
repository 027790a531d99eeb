// One line each on standard error, as text or JSON. Who logs never waits for who reads: lines go
// through a bounded queue to a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "model/clock.hpp"
#include "vitals/log.hpp"

namespace vitals::app {

// A fact of a line for programs that read the log; in text format it stands in the message only.
struct LogField {
    std::string_view name;
    std::variant<std::string_view, double, std::uint64_t> value;
};
using LogFields = std::initializer_list<LogField>;
// As Log; the fields are read before it returns.
using FieldLog = std::function<void(LogLevel, std::string_view message, LogFields fields)>;

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
    // Likewise for lines with fields.
    FieldLog field_log() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// The line with its newline. What a peer said may be in it, but forges no other line.
std::string log_line(LogLevel level, std::string_view message, System time, bool json,
                     std::span<const LogField> fields = {});

}  // namespace vitals::app
