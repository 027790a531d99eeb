// Runs on their way to the disk: collected in memory by component, and written when a minute or a
// chunk is over. They are kept for a while when the disk does not take them; then the oldest are
// dropped. Used on the store's thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "history/tiers.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::history {

// A run of a check, as the engine reports it.
struct NewRun {
    std::shared_ptr<const Component> component;
    Steady at{};
    Status status = Status::ok;
    ErrorClass error_class = ErrorClass::none;
    std::chrono::microseconds took{};
};

class ResponseTimes {
  public:
    void take(const std::vector<NewRun>& runs, const std::function<System(Steady)>& line);
    // What is over by now and must be written; everything if `now` is the end.
    void close(System now);
    void close_all();
    bool waiting() const noexcept { return !waiting_.empty(); }
    // One transaction. After a SqliteError nothing was written, and everything still waits.
    void write(Database& database, Tiers& tiers);
    // A new file: it knows no component.
    void begin_anew();
    std::uint64_t lost() const noexcept { return lost_; }  // rows

    // What is not written yet.
    std::vector<Tiers::Part> parts(const std::string& component) const;
    std::vector<Run> runs(const std::string& component) const;

  private:
    struct Series {
        std::string component;
        std::int64_t number = 0;  // in the file; 0: not known
        System minute{};
        std::vector<std::chrono::microseconds> answered;  // within that minute
        std::optional<Chunk> chunk;
        System last{};
    };
    struct Row {
        std::shared_ptr<Series> series;
        std::optional<Chunk> chunk;
        Tiers::Part minute;  // where there is no chunk
    };
    void close_minute(const std::shared_ptr<Series>& series);
    void close_chunk(const std::shared_ptr<Series>& series);
    void wait(Row row);

    std::unordered_map<std::string, std::shared_ptr<Series>> series_;
    std::deque<Row> waiting_;
    std::uint64_t lost_ = 0;
};

}  // namespace vitals::history
