// Where the engine leaves snapshots and readers find them. Publishing replaces one pointer; a
// reader compares one atomic version with the one it holds and takes the pointer under a mutex only
// when it changed. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "vitals/snapshot.hpp"

namespace vitals {

class Hub {
  public:
    Hub();
    void publish(std::shared_ptr<const Snapshot> snapshot);  // its version must have grown
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    std::shared_ptr<const Snapshot> current() const;

  private:
    std::atomic<std::uint64_t> version_{0};
    mutable std::mutex mutex_;
    std::shared_ptr<const Snapshot> snapshot_;
};

// A reader's own hold on the current snapshot. One per thread.
class SnapshotReader {
  public:
    explicit SnapshotReader(const Hub& hub) : hub_(&hub) {}
    const Snapshot& read() {
        if (held_ == nullptr || held_->version != hub_->version()) held_ = hub_->current();
        return *held_;
    }

  private:
    const Hub* hub_;
    std::shared_ptr<const Snapshot> held_;
};

}  // namespace vitals
