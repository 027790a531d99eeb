// The single runs of a component in a period, as a few bytes each. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals::history {

// One run. For a run without an answer (failed, unknown) the time says when it gave up.
struct Run {
    System at{};  // when it ended; on the time line, to the millisecond
    Status status = Status::ok;
    ErrorClass error_class = ErrorClass::none;
    std::chrono::microseconds took{};
    bool operator==(const Run&) const = default;

    bool answered() const noexcept { return status == Status::ok || status == Status::degraded; }
};

// Runs one after the other; each costs five to seven bytes.
class Chunk {
  public:
    explicit Chunk(System start) : start_(start), last_(start) {}
    // `run.at` is not before the former run; otherwise it is set to that.
    void add(const Run& run);
    bool empty() const noexcept { return count_ == 0; }
    std::size_t count() const noexcept { return count_; }
    System start() const noexcept { return start_; }  // no run is before it
    System last() const noexcept { return last_; }
    const std::string& bytes() const noexcept { return bytes_; }

  private:
    System start_, last_;
    std::size_t count_ = 0;
    std::string bytes_;  // varint of the milliseconds since the last, a byte for status and class,
                         // varint of the microseconds
};

// The content of a chunk with that start. Anybody may have written the bytes: nothing unless a
// chunk could have produced them.
std::optional<std::vector<Run>> runs_of(System start, std::string_view bytes);

}  // namespace vitals::history
