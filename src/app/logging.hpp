// Lines on standard error, as text or JSON. Code that logs never waits for a reader: lines go
// through a bounded queue to a separate thread.
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

// A fact in a line, for programs that read the log; in text format only the message has it.
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
    // Writes the queue, for half a second at most. Later lines are dropped.
    ~Logger();
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;

    // Any thread; never blocks, and outlives the logger. A line that finds the queue full (1 MiB)
    // is dropped; the number of dropped lines is logged as soon as lines are read again.
    Log log() const;
    // The same for lines with fields.
    FieldLog field_log() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// The line with its newline. Text from a peer may be in it, but cannot forge another line.
std::string log_line(LogLevel level, std::string_view message, System time, bool json,
                     std::span<const LogField> fields = {});

}  // namespace vitals::app
