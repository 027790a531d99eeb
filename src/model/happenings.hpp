// The latest events, in order: the source of GET /v1/events and of the page's stream. One thread
// adds, any thread reads. Bounded: a reader that is too slow misses the oldest and is told so.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "model/board.hpp"

namespace vitals {

class Happenings {
  public:
    // `first`: the id of the first event, greater than all ids of earlier processes.
    explicit Happenings(std::uint64_t first = 1, std::size_t most = 4096)
        : next_(first), most_(most) {}

    // Continues after what an earlier process added. Called before anything is added.
    void continue_at(std::uint64_t first);
    // Gives the event its id.
    std::shared_ptr<const Happening> add(Happening happening);

    struct Page {
        std::vector<std::shared_ptr<const Happening>> entries;  // ascending
        bool lost = false;  // some that followed `id` are not kept any more, or `id` never was
    };
    // The events after the one with that id, at most this many.
    Page after(std::uint64_t id, std::size_t limit) const;
    std::uint64_t last() const;  // the id of the latest; one before the first if there is none

  private:
    mutable std::mutex mutex_;
    std::deque<std::shared_ptr<const Happening>> entries_;
    std::uint64_t next_;
    const std::size_t most_;
};

}  // namespace vitals
