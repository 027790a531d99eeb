// A bounded queue for a collector: the oldest item is dropped when there is no room, and is
// counted. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "otlp/messages.hpp"

namespace vitals::otlp {

// Bytes, by estimate; one message of metrics is kept at any size.
struct Bounds {
    std::size_t metrics = 8u << 20;
    std::size_t records = 1u << 20;
    std::size_t records_at_once = 500;
};

class Waiting {
  public:
    explicit Waiting(Bounds bounds = {}) : bounds_(bounds) {}

    void add(Message metrics);
    void add(Record record);

    // The oldest message of metrics; one is sent at a time.
    std::optional<Message> take_metrics();
    // The oldest records, at most this many at once.
    std::vector<Record> take_records();
    // Items that were not accepted, before all later ones.
    void give_back(Message metrics);
    void give_back(std::vector<Record> records);
    // Items that will never arrive.
    void count_lost(std::size_t points, std::size_t records) noexcept;
    void clear();  // all of it is lost

    std::size_t messages() const noexcept { return metrics_.size(); }
    std::size_t records() const noexcept { return records_.size(); }
    bool empty() const noexcept { return metrics_.empty() && records_.empty(); }
    const Dropped& dropped() const noexcept { return dropped_; }
    std::size_t held() const noexcept { return metrics_bytes_ + records_bytes_; }

  private:
    void make_room();

    const Bounds bounds_;
    std::deque<Message> metrics_;
    std::deque<Record> records_;
    std::size_t metrics_bytes_ = 0, records_bytes_ = 0;
    Dropped dropped_;
};

}  // namespace vitals::otlp
