// What components were, as spans of time: a row for each change, none for a run. And when nobody
// looked: the lives of the daemon, and the leaps of the wall clock. Times are those of the time
// line, kept to the millisecond. Used on the store's thread only; every failure is a SqliteError.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "history/recent.hpp"
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

    // What components were from that moment on, in their order; nothing is known of one without
    // spans.
    std::vector<Past> pasts(const std::vector<std::string>& components, System from, System now);
    // The same of all that were ever watched.
    Recent::Kept kept(System from, System now);
    // The latest changes before that moment, newest first; of all components where none is named.
    std::vector<PastChange> changes(const std::string& component, System before, std::size_t limit);

    // Where a component has more than 2,000 spans, the oldest are put together by day, of the last
    // day by hour: in each as long in each state as it was, no matter when. So no sum changes.
    // `maintenance` tells when it was in maintenance.
    static constexpr unsigned merged_at_once = 200;
    void merge(const std::string& component, System now,
               const std::function<std::vector<Stretch>(System from, System to)>& maintenance);

    // Removes what ended before that moment, at most so many rows: how many it were.
    std::int64_t forget(System before, std::int64_t at_most);

  private:
    bool starts_at(std::int64_t component, System at);
    std::vector<Stretch> blind(System from);
    std::vector<Stretch> skipped(System from);

    Database& database_;
};

}  // namespace vitals::history
