// Publishing.
#include "model/hub.hpp"

#include <utility>

namespace vitals {

Hub::Hub() : snapshot_(std::make_shared<Snapshot>()) {}

void Hub::publish(std::shared_ptr<const Snapshot> snapshot) {
    const std::uint64_t version = snapshot->version;
    std::shared_ptr<const Snapshot> old;  // destroyed outside the lock
    {
        const std::scoped_lock lock(mutex_);
        old = std::exchange(snapshot_, std::move(snapshot));
        version_.store(version, std::memory_order_release);
    }
}

std::shared_ptr<const Snapshot> Hub::current() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
}

}  // namespace vitals
