#include "endpoints/sight.hpp"

#include <utility>

namespace vitals::endpoints {
namespace {

bool looks_different(const ComponentState& before, const ComponentState& now, Steady at) {
    if (before.component != now.component || before.since != now.since ||
        before.status(at) != now.status(at) || (before.last == nullptr) != (now.last == nullptr))
        return true;
    return now.last != nullptr && before.last != now.last &&
           (before.last->detail != now.last->detail || before.last->error != now.last->error);
}

}  // namespace

void Sight::look(Steady now) {
    auto board = hub_.board();
    if (snapshot_ == nullptr) {
        snapshot_ = hub_.current();
        board_ = std::move(board);
        ++version_;
        return;
    }
    if (board != board_) {
        ++version_;
        board_ = std::move(board);
    }
    if (hub_.version() == snapshot_->version) return;
    auto snapshot = hub_.current();
    if (differs(*snapshot, now)) ++version_;
    snapshot_ = std::move(snapshot);
}

bool Sight::differs(const Snapshot& other, Steady now) const {
    const Snapshot& held = *snapshot_;
    if (held.components.size() != other.components.size() || held.causes != other.causes ||
        held.decommission.text != other.decommission.text ||
        held.decommission.draining != other.decommission.draining ||
        held.service.name != other.service.name || held.service.version != other.service.version)
        return true;
    for (std::size_t i = 0; i < held.components.size(); ++i)
        if (held.components[i] != other.components[i] &&
            looks_different(*held.components[i], *other.components[i], now))
            return true;
    return false;
}

}  // namespace vitals::endpoints
