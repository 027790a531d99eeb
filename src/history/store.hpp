// What outlives the process: the decommission, the states of components, workers, transitions. It
// runs on its own thread; a disk that hangs holds only that thread. It writes behind, and is never
// asked for a verdict. A full, locked, damaged or hanging disk degrades the store and nothing else.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/boot_time.hpp"
#include "model/past.hpp"
#include "model/remembered.hpp"
#include "model/responses.hpp"
#include "model/transition.hpp"
#include "vitals/log.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::history {

class Database;  // history/sqlite.hpp

struct Settings {
    std::string directory;                                         // created (0750) when missing
    std::chrono::milliseconds keep{std::chrono::hours(24 * 400)};  // older goes
    std::chrono::milliseconds raw{std::chrono::hours(2)};          // of single runs
    std::uint64_t size = 1ull << 30;  // bytes used in the file; above it the oldest are removed
    // How long data that is no change of state waits for more of its kind; how long after a failure
    // the disk is tried again; and how often at least the store looks after itself and reports.
    std::chrono::milliseconds batch{250}, retry{1'000}, report{5'000};
    // When a component was in maintenance, as far as known: merged. Called from any thread, from
    // the start on; must not block.
    std::function<std::vector<Stretch>(std::string_view component, System from, System to)>
        maintenance;
};

// The past of a component. The text holds what was pushed to it, `last` does not.
struct SavedState : RememberedComponent {
    std::string pushed;  // as its owner wrote it; empty: it is checked
    BootTime observed;   // what `age` is counted from; set by the store
    bool operator==(const SavedState&) const = default;
};

class Store {
  public:
    // The state of the store: ok, or degraded with a reason ("disk full", "database is locked",
    // "not writable", "database is damaged; set aside as vitals.db.damaged-..."). Called from the
    // store's thread at the start, on every change, and every `report`: silence means that the disk
    // hangs. Must not block.
    using Health = std::function<void(Outcome)>;

    // Returns at once; the file is opened on the store's thread, and again whenever that failed.
    Store(Settings settings, Log log, Health health);
    // Writes the queue, for a second at most, and ends the thread. No callback begins after it has
    // returned.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // The process id of another daemon that uses the directory, or empty. Then this store never
    // reads or writes anything. Waits until that is known, for `at_most`.
    std::string used_by(std::chrono::milliseconds at_most = std::chrono::seconds(2)) const;

    // The decommission text that an earlier process saved; nothing when there never was one. Or why
    // it cannot be known, now or ever: damaged, unreadable, or the disk has not answered within
    // `at_most`.
    std::expected<std::optional<std::string>, std::string> saved_decommission(
        std::chrono::milliseconds at_most = std::chrono::seconds(2)) const;
    bool answered() const;  // the disk has answered: the two results above are final

    // Saves it and calls `done(durable)` from the store's thread once it is on disk, or could not
    // be saved; never while the disk hangs. It is tried again until it succeeds or another text is
    // saved, and written again when the file is lost or damaged.
    void save_decommission(std::string text, std::function<void(bool durable)> done);

    // The workers that an earlier process saved. Waits like saved_decommission(); none if the file
    // cannot be read.
    std::vector<RememberedWorker> saved_workers();
    // Replaces them, within about `batch`. The latest call counts; never waits for the disk.
    void save_workers(std::vector<RememberedWorker> workers);

    // The states saved by an earlier process, and how long ago it was last there. Wait like
    // saved_decommission().
    std::vector<SavedState> saved_states();
    Steady::duration away();  // zero: there was none
    // Removes those that are gone, then replaces the others, within about `batch`. Never waits for
    // the disk.
    void save_states(std::vector<std::string> gone, std::vector<SavedState> states);
    // Grows when saved states were lost, with a damaged file or because the disk takes nothing: all
    // must be saved again.
    unsigned losses() const;

    // Takes a result, for the usual times and the response times. Never waits for the disk. Called
    // from the engine's thread, like all functions up to `blind`, before the transition that
    // follows from it.
    void take(const ComponentState& state);
    // Call it about every ten seconds: it tells the history what no transition reported. A
    // component that has not run is unknown.
    void compare(const Snapshot& snapshot);
    // Nobody looked in this time, because the engine did not run. Both moments are in the past.
    void blind(Steady from, Steady to);
    // Queued, and on the disk at once with synchronous=FULL, together with all that wait by then. A
    // state that is saved right after it gets there as soon. When the queue is full (10,000), the
    // oldest is dropped and counted, and the store is degraded. Never waits for the disk. At most 1
    // KiB of a detail is kept.
    void append(Transition transition);

    // A change that must be on disk before it is acknowledged. Each work is a transaction of its
    // own, in the order of the calls, with synchronous=FULL. `work` runs on the store's thread,
    // perhaps more than once and perhaps after the store is gone: it owns all that it refers to,
    // begins no transaction, and reports failure by SqliteError. `done` is called once, from the
    // store's thread: true, it is on disk; false, the first attempt failed. Then the work is kept
    // and tried again, in order, until it succeeds. Work that SQLite refuses on any disk (a
    // constraint, wrong SQL) is given up and logged. When 10,000 wait, a further one is given up at
    // once: this call calls `done(false)`, and losses() grows. Never waits for the disk.
    void commit(std::function<void(Database&)> work, std::function<void(bool durable)> done);
    // Reads on the store's thread, after all that was committed before. `work` owns all that it
    // refers to and writes nothing; it may begin a second time on a new file when the first one
    // turns out to be damaged. `done` is called once, from the store's thread, after `work`; false:
    // it could not be read. If too many wait already, this call calls it. Never called while the
    // disk hangs.
    void read(std::function<void(Database&)> work, std::function<void(bool)> done);

    // The states of components in the last period, in the order of the names. Up to 24 hours come
    // from memory: then this call calls `done`, and unknown data is left out. Otherwise as past().
    void pasts(std::vector<std::string> components, std::chrono::milliseconds back,
               std::function<void(std::optional<std::vector<Past>>)> done);
    // The same for up to 24 hours, at once.
    std::vector<Past> recent_pasts(const std::vector<std::string>& components,
                                   std::chrono::milliseconds back) const;
    // Whether memory holds what earlier processes kept of the last day, or nobody can read it.
    bool knows_recent() const;
    // From memory, at once, in the order of the names.
    std::vector<UsualTimes> usual(const std::vector<std::string>& components) const;
    // The position of the time line at that moment.
    System at(Steady moment) const;

    // Response times of a component, in this many steps from that moment on: single runs for `raw`,
    // minutes for 26 hours, hours for 35 days, then days. As past().
    void responses(std::string component, System from, std::chrono::milliseconds step,
                   std::size_t count,
                   std::function<void(std::optional<std::vector<ResponseStep>>)> done);

    // The past of a component in the last period, up to now. `done` is called once: from the
    // store's thread, never while the disk hangs; or from this call when too many wait already.
    // Nothing: it cannot be read.
    void past(std::string component, std::chrono::milliseconds back,
              std::function<void(std::optional<Past>)> done);
    // The latest `limit` changes before that moment, newest first; of all components if none is
    // given. As past().
    void changes(std::string component, System before, std::size_t limit,
                 std::function<void(std::optional<std::vector<PastChange>>)> done);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vitals::history
