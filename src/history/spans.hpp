// The states of components as spans of time: a row for each change, none for a run. And the times
// when nobody looked: the gaps between the lives of the daemon, and the leaps of the wall clock.
// Times are those of the time line, kept to the millisecond. Used on the store's thread only; every
// failure is a SqliteError.
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

    // Within a transaction of the caller. A record that repeats the former state is left out; one
    // that starts before the former one starts with it.
    void record(const SpanRecord& record);
    // As record(), for a component without any record.
    void begin_if_unknown(const SpanRecord& record);

    // The daemon runs from now on, until the last `alive`.
    void begin_life(System start);
    void alive(System now);
    void leap(const Stretch& leap);
    // Where the time line of an earlier process ended.
    System ended();

    // The states of components from that moment on, in the order of the names; nothing is known of
    // one without spans.
    std::vector<Past> pasts(const std::vector<std::string>& components, System from, System now);
    // The same for all components that were ever watched.
    Recent::Kept kept(System from, System now);
    // The latest changes before that moment, newest first; of all components if none is given.
    std::vector<PastChange> changes(const std::string& component, System before, std::size_t limit);

    // If a component has more than 2,000 spans, the oldest are merged by day, those of the last day
    // by hour. Each merged span has the same time in each state, but not at the same moments. So no
    // sum changes. `maintenance` tells when the component was in maintenance.
    static constexpr unsigned merged_at_once = 200;
    void merge(const std::string& component, System now,
               const std::function<std::vector<Stretch>(System from, System to)>& maintenance);

    // Removes what ended before that moment, at most this many rows; returns how many.
    std::int64_t forget(System before, std::int64_t at_most);

  private:
    bool starts_at(std::int64_t component, System at);
    std::vector<Stretch> blind(System from);
    std::vector<Stretch> skipped(System from);

    Database& database_;
};

}  // namespace vitals::history
