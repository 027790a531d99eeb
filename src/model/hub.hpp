// The engine publishes snapshots and boards here, and readers find them. Publishing replaces one
// pointer. A reader compares one atomic version with the one it holds and takes the pointer under a
// mutex only when the version changed. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "vitals/snapshot.hpp"

namespace vitals {

struct Board;

class Hub {
  public:
    Hub();
    void publish(std::shared_ptr<const Snapshot> snapshot);  // its version must have grown
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    std::shared_ptr<const Snapshot> current() const;

    // What people are shown beside it.
    void publish(std::shared_ptr<const Board> board);
    std::shared_ptr<const Board> board() const;

    // Calls it after each publishing, on the publishing thread, until unsubscribe() has returned.
    // It must be quick. It may only read from the hub.
    using Subscription = std::uint64_t;
    Subscription subscribe(std::function<void()> changed) const;
    void unsubscribe(Subscription subscription) const;

  private:
    void tell() const;

    std::atomic<std::uint64_t> version_{0};
    mutable std::mutex mutex_;
    std::shared_ptr<const Snapshot> snapshot_;
    std::shared_ptr<const Board> board_;
    mutable std::mutex subscribers_mutex_;
    mutable std::map<Subscription, std::function<void()>> subscribers_;
    mutable Subscription last_subscription_ = 0;
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
