#include "otlp/waiting.hpp"

#include <algorithm>
#include <iterator>

namespace vitals::otlp {

void Waiting::add(Message metrics) {
    metrics_bytes_ += metrics.bytes.size();
    metrics_.push_back(std::move(metrics));
    make_room();
}

void Waiting::add(Record record) {
    records_bytes_ += record.held();
    records_.push_back(std::move(record));
    make_room();
}

void Waiting::make_room() {
    while (metrics_bytes_ > bounds_.metrics && metrics_.size() > 1) {
        metrics_bytes_ -= metrics_.front().bytes.size();
        dropped_.points += metrics_.front().count;
        metrics_.pop_front();
    }
    while (records_bytes_ > bounds_.records) {
        records_bytes_ -= records_.front().held();
        ++dropped_.records;
        records_.pop_front();
    }
}

std::optional<Message> Waiting::take_metrics() {
    if (metrics_.empty()) return std::nullopt;
    Message oldest = std::move(metrics_.front());
    metrics_.pop_front();
    metrics_bytes_ -= oldest.bytes.size();
    return oldest;
}

std::vector<Record> Waiting::take_records() {
    const auto count =
        static_cast<std::ptrdiff_t>(std::min(records_.size(), bounds_.records_at_once));
    for (auto each = records_.begin(); each != records_.begin() + count; ++each)
        records_bytes_ -= each->held();
    std::vector<Record> oldest(std::move_iterator(records_.begin()),
                               std::move_iterator(records_.begin() + count));
    records_.erase(records_.begin(), records_.begin() + count);
    return oldest;
}

void Waiting::give_back(Message metrics) {
    metrics_bytes_ += metrics.bytes.size();
    metrics_.push_front(std::move(metrics));
    make_room();
}

void Waiting::give_back(std::vector<Record> records) {
    for (const Record& each : records) records_bytes_ += each.held();
    records_.insert(records_.begin(), std::move_iterator(records.begin()),
                    std::move_iterator(records.end()));
    make_room();
}

void Waiting::count_lost(std::size_t points, std::size_t records) noexcept {
    dropped_.points += points;
    dropped_.records += records;
}

void Waiting::clear() {
    for (const Message& each : metrics_) dropped_.points += each.count;
    dropped_.records += records_.size();
    metrics_.clear();
    records_.clear();
    metrics_bytes_ = records_bytes_ = 0;
}

}  // namespace vitals::otlp
