// Counts answers by endpoint and code. Each serving thread has its own counters; readers add them.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "dialects/dialect.hpp"

namespace vitals::endpoints {

// Only one thread increases it; any thread may read it.
class alignas(64) Counter {
  public:
    void add() noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

class TrafficBook {
  public:
    explicit TrafficBook(unsigned threads) : threads_(threads) {}
    // The counter of a thread for that endpoint and code. Stays valid as long as the book.
    Counter& counter(unsigned thread, const std::string& endpoint, int code);
    std::vector<dialects::Traffic> sum() const;  // by endpoint, then code

  private:
    unsigned threads_;
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, int>, std::unique_ptr<Counter[]>> counters_;
};

}  // namespace vitals::endpoints
