// Publishing.
#include "model/hub.hpp"

#include <utility>

#include "model/board.hpp"

namespace vitals {

Hub::Hub() : snapshot_(std::make_shared<Snapshot>()), board_(std::make_shared<Board>()) {}

void Hub::publish(std::shared_ptr<const Snapshot> snapshot) {
    const std::uint64_t version = snapshot->version;
    std::shared_ptr<const Snapshot> old;  // destroyed outside the lock
    {
        const std::scoped_lock lock(mutex_);
        old = std::exchange(snapshot_, std::move(snapshot));
        version_.store(version, std::memory_order_release);
    }
    tell();
}

std::shared_ptr<const Snapshot> Hub::current() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
}

void Hub::publish(std::shared_ptr<const Board> board) {
    {
        const std::scoped_lock lock(mutex_);
        board_.swap(board);
    }
    tell();
}

std::shared_ptr<const Board> Hub::board() const {
    const std::scoped_lock lock(mutex_);
    return board_;
}

Hub::Subscription Hub::subscribe(std::function<void()> changed) const {
    const std::scoped_lock lock(subscribers_mutex_);
    subscribers_.emplace(++last_subscription_, std::move(changed));
    return last_subscription_;
}

void Hub::unsubscribe(Subscription subscription) const {
    const std::scoped_lock lock(subscribers_mutex_);
    subscribers_.erase(subscription);
}

void Hub::tell() const {
    const std::scoped_lock lock(subscribers_mutex_);
    for (const auto& [subscription, changed] : subscribers_) changed();
}

}  // namespace vitals
