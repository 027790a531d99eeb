#include "library/directory.hpp"

#include <functional>

namespace vitals::library {

Status Entry::read() const noexcept {
    const auto until = valid_until.load();
    const Status now = status.load();
    if (until == std::numeric_limits<Steady::rep>::max()) return now;
    return std::chrono::steady_clock::now().time_since_epoch().count() > until ? Status::unknown
                                                                               : now;
}

Directory::Directory() {
    tables_.push_back(std::make_unique<Slots>(64));
    current_.store(tables_.back().get(), std::memory_order_release);
}

Entry* Directory::find(std::string_view name) const noexcept {
    const std::size_t hash = std::hash<std::string_view>()(name);
    const Slots& table = *current_.load(std::memory_order_acquire);
    for (std::size_t at = hash & table.mask;; at = (at + 1) & table.mask) {
        Entry* entry = table.slots[at].load(std::memory_order_acquire);
        if (entry == nullptr || (entry->hash == hash && entry->name == name)) return entry;
    }
}

Entry& Directory::put(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    if (Entry* entry = find(name)) return *entry;
    entries_.push_back(std::make_unique<Entry>(name, std::hash<std::string_view>()(name)));
    // Never more than half full, so that a search ends soon and always at an empty slot.
    if (entries_.size() * 2 > tables_.back()->mask) {
        auto larger = std::make_unique<Slots>((tables_.back()->mask + 1) * 2);
        for (const auto& entry : entries_) place(*larger, entry.get());
        tables_.push_back(std::move(larger));
        current_.store(tables_.back().get(), std::memory_order_release);
    } else {
        place(*tables_.back(), entries_.back().get());
    }
    return *entries_.back();
}

void Directory::place(Slots& table, Entry* entry) noexcept {
    std::size_t at = entry->hash & table.mask;
    while (table.slots[at].load(std::memory_order_relaxed) != nullptr) at = (at + 1) & table.mask;
    table.slots[at].store(entry, std::memory_order_release);
}

}  // namespace vitals::library
