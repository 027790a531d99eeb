// The latest events, in order.
#include "model/happenings.hpp"

#include <algorithm>
#include <utility>

namespace vitals {

void Happenings::continue_at(std::uint64_t first) {
    const std::scoped_lock lock(mutex_);
    next_ = std::max(next_, first);
}

std::shared_ptr<const Happening> Happenings::add(Happening happening) {
    const std::scoped_lock lock(mutex_);
    happening.id = next_++;
    entries_.push_back(std::make_shared<const Happening>(std::move(happening)));
    if (entries_.size() > most_) entries_.pop_front();
    return entries_.back();
}

Happenings::Page Happenings::after(std::uint64_t id, std::size_t limit) const {
    const std::scoped_lock lock(mutex_);
    Page page;
    const std::uint64_t first = next_ - entries_.size();
    page.lost = id + 1 < first || id >= next_;
    const std::uint64_t begin = page.lost ? first : id + 1;
    for (std::size_t i = begin - first; i < entries_.size() && page.entries.size() < limit; ++i)
        page.entries.push_back(entries_[i]);
    return page;
}

std::uint64_t Happenings::last() const {
    const std::scoped_lock lock(mutex_);
    return next_ - 1;
}

}  // namespace vitals
