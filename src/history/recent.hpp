// The states of the last day, the response times of the last 90 minutes, and the usual times, in
// memory: an overview needs no disk, and works without one. Bounded: about 300 bytes for a quiet
// component. Unknown data is left out, never invented. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "history/usual.hpp"
#include "model/past.hpp"
#include "model/responses.hpp"
#include "model/transition.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::history {

// Unknown only because vitals could not do its own part: nobody looked.
Spent spent_of(Status judged, ErrorClass error_class) noexcept;

class Recent {
  public:
    static constexpr std::chrono::hours reach{24};

    // Begins a separate time line, until that of the history is known.
    Recent(System wall, Steady now);

    // ---- the time line; from one thread The position of the line at that moment; known data moves
    // along with it.
    void anchor(System line, Steady moment);
    void leapt(const Stretch& leap);
    System at(Steady moment) const noexcept;

    // ---- events; from the engine's thread
    void transition(const Transition& transition);
    // Takes a result. Returns a change that no transition reports, to be kept like one: a change
    // between unknown and blind, or a first verdict that is one of these.
    std::optional<Transition> result(const ComponentState& state);
    // Compares with what is in force between two results: a component that has not run for a while
    // is unknown. Returns the changes that no transition reported.
    std::vector<Transition> compare(const Snapshot& snapshot);
    // The component is not watched any more.
    void gone(const std::string& component, Steady now);
    // Nobody looked.
    void blind(Steady from, Steady to);

    // ---- data of an earlier process; once, from the store's thread
    struct Kept {
        struct Spans {
            std::string component;
            std::vector<StateSpan> spans;  // ascending
        };
        System from{};  // what follows is complete from here on
        std::vector<Spans> components;
        std::vector<Stretch> blind, skipped;
    };
    void fill(Kept kept);
    bool filled() const noexcept { return filled_; }
    // An answered run of an earlier process, ascending.
    void earlier_run(const std::string& component, System at, std::chrono::microseconds took,
                     bool ok);

    // ---- what is known From that moment on, which is at most `reach` ago. Without spans: nothing
    // is known of it.
    Past past(const std::string& component, System from, System now) const;
    // False if more changed since then than is remembered.
    bool covers(const std::string& component, System from) const;
    UsualTimes usual(const std::string& component, System now) const;

    struct Figures {
        std::size_t components = 0;
        std::size_t spans = 0;
    };
    Figures figures() const;

  private:
    struct Entry {
        std::vector<std::int64_t> spans;  // milliseconds * 8 + state, ascending
        Usual usual;
        std::int64_t cut = 0;           // earlier spans were removed; milliseconds
        std::int64_t first_result = 0;  // since compare() found that it has not run
        bool not_run = false;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
    struct Shard {
        mutable std::mutex mutex;
        Entries entries;
    };
    static constexpr std::size_t shard_count = 16;

    Shard& shard_of(std::string_view component) const;
    // With the shard's mutex held.
    void add(Entry& entry, std::int64_t start, Spent state);
    void trim(Entry& entry, std::int64_t now);
    std::optional<Transition> compare(const ComponentState& state, Entry& entry, Steady now,
                                      System wall);
    void sweep(Shard& shard, std::int64_t now);

    mutable std::array<Shard, shard_count> shards_;
    std::atomic<std::int64_t> origin_;    // nanoseconds of the line at the steady clock's zero
    std::atomic<std::size_t> spans_ = 0;  // of all components
    std::atomic<bool> filled_ = false;
    std::size_t next_sweep_ = 0;  // shard
    mutable std::mutex mutex_;
    std::vector<Stretch> blind_, skipped_;  // merged
};

}  // namespace vitals::history
