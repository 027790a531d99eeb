// Names and their statuses, read without waiting while others register, set and remove. Entries are
// never freed before the directory: their number is that of all distinct names that were ever
// registered.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals::library {

struct Entry {
    explicit Entry(std::string_view text, std::size_t hashed) : name(text), hash(hashed) {}

    const std::string name;
    const std::size_t hash;
    std::atomic<bool> present{false};
    std::atomic<bool> self_told{false};       // a state handler without a ttl announces its changes
    std::atomic<const void*> owner{nullptr};  // the state handler's cell, if it is one's
    std::atomic<Status> status{Status::unknown};
    std::atomic<Steady::rep> valid_until{std::numeric_limits<Steady::rep>::max()};

    // Now, with staleness; the clock is only read if a result can become stale.
    Status read() const noexcept;
};

class Directory {
  public:
    Directory();
    Entry* find(std::string_view name) const noexcept;  // wait-free; present or not; or null
    Entry& put(std::string_view name);                  // finds or makes; takes a lock

  private:
    using Slot = std::atomic<Entry*>;
    struct Slots {
        explicit Slots(std::size_t size) : mask(size - 1), slots(std::make_unique<Slot[]>(size)) {}
        std::size_t mask;
        std::unique_ptr<Slot[]> slots;
    };
    static void place(Slots& slots, Entry* entry) noexcept;

    std::atomic<Slots*> current_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Slots>> tables_;  // outgrown ones too: a reader may be in one
    std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace vitals::library
