// A bounded queue between two threads, in order. When it is full, the oldest item that may be
// dropped is dropped, because the next one of its kind replaces it. Other items are only lost when
// no item may be dropped, and that is reported. Not thread-safe: the owner has a lock.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace vitals::fleet {

template <class T>
class Queue {
  public:
    Queue(std::size_t most, std::size_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

    // False: the new item was lost.
    bool push(T item, std::size_t bytes, bool may_be_dropped) {
        while (size() >= most_ || bytes_ + bytes > most_bytes_) {
            if (droppable_.empty()) {
                ++lost_;
                return false;
            }
            bytes_ -= droppable_.front().bytes;
            droppable_.pop_front();
            ++dropped_;
        }
        bytes_ += bytes;
        (may_be_dropped ? droppable_ : kept_).push_back({next_++, bytes, std::move(item)});
        return true;
    }
    // The first items, in the order of arrival.
    std::vector<T> take(std::size_t most) {
        std::vector<T> taken;
        while (taken.size() < most && size() > 0) {
            std::deque<Item>& from =
                droppable_.empty() ||
                        (!kept_.empty() && kept_.front().place < droppable_.front().place)
                    ? kept_
                    : droppable_;
            bytes_ -= from.front().bytes;
            taken.push_back(std::move(from.front().item));
            from.pop_front();
        }
        return taken;
    }
    void drop_all_droppable() {
        for (const Item& item : droppable_) bytes_ -= item.bytes;
        dropped_ += droppable_.size();
        droppable_.clear();
    }
    void clear() {
        droppable_.clear();
        kept_.clear();
        bytes_ = 0;
    }
    std::size_t size() const noexcept { return droppable_.size() + kept_.size(); }
    std::uint64_t dropped() const noexcept { return dropped_; }
    std::uint64_t lost() const noexcept { return lost_; }

  private:
    struct Item {
        std::uint64_t place;
        std::size_t bytes;
        T item;
    };
    std::size_t most_, most_bytes_, bytes_ = 0;
    std::deque<Item> droppable_, kept_;
    std::uint64_t next_ = 0, dropped_ = 0, lost_ = 0;
};

}  // namespace vitals::fleet
