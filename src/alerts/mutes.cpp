// Silences and maintenance.
#include "alerts/mutes.hpp"

#include <algorithm>
#include <utility>

namespace vitals::alerts {

void Mutes::set_components(Components components) {
    components_ = std::move(components);
    count_.assign(components_.size(), 0);
    maintenance_.assign(components_.size(), 0);
    before_.clear();
    for (auto& [id, entry] : entries_) {
        entry.active = false;
        match(entry);
    }
    changed_ = true;
}

void Mutes::set_configured(std::vector<Mute> mutes) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        if (!entry->second.mute.configured) {
            ++entry;
            continue;
        }
        set_active(entry->second, false);
        entry = entries_.erase(entry);
    }
    for (Mute& mute : mutes) {
        mute.configured = true;
        add(std::move(mute));
    }
}

void Mutes::add(Mute mute) {
    end(mute.id);
    Entry& entry = entries_[mute.id];
    entry.mute = std::move(mute);
    match(entry);
    changed_ = true;
}

bool Mutes::end(std::string_view id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return false;
    set_active(found->second, false);
    entries_.erase(found);
    changed_ = true;
    return true;
}

std::vector<std::string> Mutes::forget_ended(System before) {
    std::vector<std::string> ended;
    for (const auto& [id, entry] : entries_)
        if (!entry.mute.configured && entry.mute.until < before) ended.push_back(id);
    for (const std::string& id : ended) end(id);
    return ended;
}

std::vector<std::pair<std::size_t, bool>> Mutes::refresh(System wall) {
    // A clock that was set back counts as a boundary.
    if (changed_ || wall >= next_ || wall < checked_) {
        next_ = System::max();
        for (auto& [id, entry] : entries_) {
            const Mute& mute = entry.mute;
            set_active(entry, mute.active(wall));
            if (mute.from > wall) next_ = std::min(next_, mute.from);
            if (mute.until > wall) next_ = std::min(next_, mute.until);
            if (mute.hours) next_ = std::min(next_, next_minute(wall));
        }
        checked_ = wall;
        changed_ = false;
    }
    std::vector<std::pair<std::size_t, bool>> flips;
    for (const auto& [index, was] : before_)
        if (muted(index) != was) flips.emplace_back(index, muted(index));
    before_.clear();
    return flips;
}

std::vector<Mute> Mutes::all() const {
    std::vector<Mute> all;
    for (const auto& [id, entry] : entries_) all.push_back(entry.mute);
    return all;
}

void Mutes::match(Entry& entry) const {
    entry.matched.clear();
    for (std::size_t index = 0; index < components_.size(); ++index)
        if (entry.mute.match.takes(*components_[index])) entry.matched.push_back(index);
}

void Mutes::set_active(Entry& entry, bool active) {
    if (entry.active == active) return;
    entry.active = active;
    for (const std::size_t index : entry.matched) {
        before_.try_emplace(index, muted(index));
        const unsigned step = active ? 1U : -1U;
        count_[index] += step;
        if (entry.mute.kind == Mute::Kind::maintenance) maintenance_[index] += step;
    }
}

}  // namespace vitals::alerts
