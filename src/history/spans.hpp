// What components were, as spans of time: a row for each change, none for a run. And when nobody
// looked: the lives of the daemon, and the leaps of the wall clock. Times are those of the time
// line, kept to the millisecond. Used on the store's thread only; every failure is a SqliteError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history/sqlite.hpp"
#include "model/past.hpp"

namespace vitals::history {

// A component is in this state from `start` on; `decided` is the verdict.
struct SpanRecord {
    std::string component;
    Spent state = Spent::unknown;
    System start{};
    System decided{};
    std::string detail;  // public
};

class Spans {
  public:
    explicit Spans(Database& database) : database_(database) {}

    // Within a transaction of the caller. A record that repeats the state before it is none; one
    // that starts before the one before it starts with it.
    void record(const SpanRecord& record);
    // As record(), for a component of which nothing is kept.
    void begin_if_unknown(const SpanRecord& record);

    // The daemon is there from now on, until the last `alive`.
    void begin_life(System start);
    void alive(System now);
    void leap(const Stretch& leap);
    // Where the line of an earlier process ended.
    System ended();

    // What a component was from that moment on; nothing is known of a component without spans.
    Past past(const std::string& component, System from, System now);
    // The latest changes before that moment, newest first; of all components where none is named.
    std::vector<PastChange> changes(const std::string& component, System before, std::size_t limit);

    // Removes what ended before that moment, at most so many rows: how many it were.
    std::int64_t forget(System before, std::int64_t at_most);

  private:
    Database& database_;
};

}  // namespace vitals::history
