// Who is alive, by their own word. A table holds the groups of workers and the heartbeats they
// send, judges them by when we received them (never by the sender's clock, which is only shown),
// and says whether a group is as it is expected to be. No I/O, no threads; used on one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/clock.hpp"
#include "model/count_range.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::workers {

// How many workers whose names begin with that prefix there should be.
struct Expectation {
    std::string prefix;
    CountRange count;
    bool operator==(const Expectation&) const = default;
};

struct GroupOptions {
    std::string name;
    std::chrono::milliseconds timeout{24'000};  // silent for longer: no longer known
    std::vector<Expectation> expect;
    bool operator==(const GroupOptions&) const = default;
};

struct Limits {
    std::size_t name = 256;         // bytes
    std::size_t workers = 100'000;  // per group; beyond it new names are refused
};

class Table {
  public:
    explicit Table(Clock& clock, Limits limits = {});

    // Holds exactly these groups from now on; those that were there keep their workers.
    void configure(const std::vector<GroupOptions>& groups);

    enum class Answer : std::uint8_t { taken, unknown_group, bad_name, full };
    // A worker lives; `sent` is when it said so by its own clock.
    Answer beat(std::string_view group, std::string_view worker, System sent);
    // A worker took its leave: it is gone at once, and is not missed as one that fell silent.
    Answer leave(std::string_view group, std::string_view worker);

    // Forgets who has been silent for longer than the timeout. To be called about once a second.
    void expire();

    // Whether the group is as expected. Until a group's timeout has passed since it was configured
    // too few are `unknown`: its workers had no time to be heard.
    Outcome judge(std::string_view group) const;

    // Groups and workers by name, those that are known now. Made anew only after a change.
    std::vector<std::shared_ptr<const WorkerGroup>> groups() const;
    // Grows with every change that groups() or judge() shows, beats of known workers included.
    std::uint64_t version() const noexcept { return version_; }

  private:
    struct Heart {
        System sent{};
        Steady received{};
    };
    struct Lost {
        std::string name;
        System seen{};
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    struct Group {
        GroupOptions options;
        Steady since{};
        std::unordered_map<std::string, Heart, Hash, std::equal_to<>> hearts;
        std::vector<Lost> lost;  // fell silent; the latest few, until they are heard again
    };
    Group* find(std::string_view name);
    const Group* find(std::string_view name) const;
    static std::size_t count_of(const Group& group, const std::string& prefix);
    static std::string mismatch(const Group& group, const Expectation& expectation,
                                std::size_t count);

    Clock& clock_;
    Limits limits_;
    std::vector<Group> groups_;  // by name
    std::uint64_t version_ = 1;
    mutable std::uint64_t shown_version_ = 0;
    mutable std::vector<std::shared_ptr<const WorkerGroup>> shown_;
};

}  // namespace vitals::workers
