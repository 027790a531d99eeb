// Which workers are alive, by their own heartbeats. A table holds the groups of workers and their
// heartbeats. It judges them by the time of reception (never by the sender's clock, which is only
// shown), and says whether a group is as expected, and which workers are missing since when.
// Silence counts only while heartbeats could be heard: if vitals is blind, a group is unknown, and
// no worker counts as dead. No I/O, no threads; used on one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/clock.hpp"
#include "model/count_range.hpp"
#include "model/remembered.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::workers {

// The prefix of the rule for all workers that no other rule names.
inline constexpr std::string_view any_other = "*";

// How many workers whose names begin with that prefix there must be.
struct Expectation {
    std::string prefix;
    CountRange count;
    bool operator==(const Expectation&) const = default;
};

struct GroupOptions {
    std::string name;
    std::chrono::milliseconds timeout{24'000};          // silent for longer: no longer alive
    std::chrono::milliseconds remember{24 * 3600'000};  // still reported by name
    std::vector<Expectation> expect;
    bool listened = false;  // heartbeats are heard through a connection that may be lost
    bool operator==(const GroupOptions&) const = default;
};

struct Limits {
    std::size_t name = 256;         // bytes
    std::size_t workers = 100'000;  // per group; beyond it new names are refused
    // Silent workers are shown for this long; after that they are only named as missing.
    std::chrono::milliseconds shown{300'000};
};

// Why nothing can be heard. As in an outcome: `detail` is from vitals and public, `error` is from
// the other side.
struct Blindness {
    std::string detail;
    std::string error;
    std::string phase;
};

class Table {
  public:
    explicit Table(Clock& clock, Limits limits = {});

    // What an earlier process knew, used by the first configure(): those workers are reported as
    // missing by name unless they are heard in time, and are not alive before that.
    void restore(std::vector<RememberedWorker> remembered);
    // Holds exactly these groups from now on; existing groups keep their workers. A group with a
    // listener begins blind.
    void configure(const std::vector<GroupOptions>& groups);

    enum class Answer : std::uint8_t { taken, unknown_group, bad_name, full };
    // A worker is alive; `sent` is the time by its own clock. `process` distinguishes two of one
    // name (a process id); 0: not given.
    Answer beat(std::string_view group, std::string_view name, System sent,
                std::int64_t process = 0);
    // A worker deregistered: it is gone at once, unless another process of its name continues.
    Answer leave(std::string_view group, std::string_view name, std::int64_t process = 0);

    // For a group with a listener: its heartbeats can be heard from now on; they still can (a sign
    // of life of the connection); they cannot. The state of the workers meanwhile is not known:
    // each has a whole timeout to be heard again.
    void listening(std::string_view group);
    void heard(std::string_view group);
    void blind(std::string_view group, Blindness why);
    // Why no worker is heard although the listener works; empty: nothing.
    void remark(std::string_view group, std::string text);

    // Finds workers that have been silent for longer than the timeout. Call it about twice a
    // second.
    void expire();

    // Whether the group is as expected. Until a timeout has passed since it could first be heard,
    // too few are `unknown`: its workers had no time. Former knowledge counts for "too many", never
    // for "enough".
    Outcome judge(std::string_view group) const;

    // Groups and workers by name: those that are alive, and as `silent` those that fell silent
    // lately. Agrees with judge() until the next change; a group is built again only after a
    // change.
    std::vector<std::shared_ptr<const WorkerGroup>> groups() const;
    // Grows with every change that groups() or judge() shows, also with heartbeats of known
    // workers.
    std::uint64_t version() const noexcept { return version_; }

    std::vector<RememberedWorker> remembered() const;
    // Grows when a worker comes, goes, falls silent or is forgotten.
    std::uint64_t membership() const noexcept { return membership_; }
    std::size_t size() const noexcept;  // all that are remembered

  private:
    enum class State : std::uint8_t { alive, silent, left, restored };
    struct KnownWorker {
        System sent{};
        Steady heard_at{};
        State state = State::alive;
        std::int64_t process = 0;
        // Another process of this name, and when the two last alternated.
        std::int64_t other = 0;
        Steady other_heard_at = Steady::min();
        Steady both = Steady::min();
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    using Workers = std::unordered_map<std::string, KnownWorker, Hash, std::equal_to<>>;
    struct Group {
        GroupOptions options;
        Steady since{};  // from when on all could be heard
        Steady heard{};  // until when
        Steady turned{};
        std::optional<Blindness> blindness;
        System blind_since{};
        std::string remark;
        Workers workers;
        // By name; put in order again when it has another size.
        mutable std::vector<const Workers::value_type*> order;
        mutable std::shared_ptr<const WorkerGroup> shown;  // null after a change
    };
    struct Count {
        std::size_t known = 0;
        std::size_t sure = 0;  // heard since we listen
    };

    void changed(Group& group);
    Group* find(std::string_view name);
    const Group* find(std::string_view name) const;
    void begin(Group& group, const std::vector<RememberedWorker>& remembered);
    void hear_from(Group& group);
    bool make_room(Group& group);
    bool shows(const Group& group, const KnownWorker& worker, Steady at) const;
    bool pass_time(Group& group, KnownWorker& worker, Steady before, Steady now);
    static void put_in_order(const Group& group);
    static std::vector<Count> count(const Group& group);
    static std::string missing(const Group& group, const Expectation* of);
    Outcome judge_counts(const Group& group) const;
    std::shared_ptr<const WorkerGroup> show(const Group& group) const;

    Clock& clock_;
    Limits limits_;
    std::vector<Group> groups_;  // by name
    std::map<std::string, std::vector<RememberedWorker>, std::less<>> restored_;
    std::uint64_t version_ = 1;
    std::uint64_t membership_ = 1;
};

}  // namespace vitals::workers
