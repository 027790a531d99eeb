#include "app/maintenance_view.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace vitals::app {

void MaintenanceView::renew(std::vector<alerts::MaintenanceSpan> spans) {
    const std::scoped_lock lock(mutex_);
    spans_ = std::move(spans);
}

void MaintenanceView::renew(std::shared_ptr<const Snapshot> snapshot) {
    const std::scoped_lock lock(mutex_);
    snapshot_.swap(snapshot);  // the former one ends without the lock
}

std::vector<Stretch> MaintenanceView::of(std::string_view component, System from, System to) const {
    const std::scoped_lock lock(mutex_);
    const ComponentState* state = snapshot_ == nullptr ? nullptr : snapshot_->find(component);
    Component gone;
    gone.name = std::string(component);
    const Component& one = state == nullptr ? gone : *state->component;
    return alerts::stretches_of(spans_, one, from, to);
}

}  // namespace vitals::app
