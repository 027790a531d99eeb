// What outlives the process: decommission state, states of components, workers, transitions. On a
// thread of its own, which a disk that hangs holds alone; written behind, never asked for a
// verdict. A full, locked, damaged or hanging disk degrades the store and nothing else.
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
    std::uint64_t size = 1ull << 30;  // bytes used in the file; above it the oldest goes
    // How long what is no change of state waits for more of its kind, how long after a failure the
    // disk is tried again, and how often the store looks after itself and reports at least.
    std::chrono::milliseconds batch{250}, retry{1'000}, report{5'000};
    // When a component was in maintenance, as far as it is known: merged. Asked from any thread,
    // from the start on; must not block.
    std::function<std::vector<Stretch>(std::string_view component, System from, System to)>
        maintenance;
};

// What a component was. What was pushed to it stands in a text, not in `last`.
struct SavedState : RememberedComponent {
    std::string pushed;  // as its owner wrote it; empty: it is checked
    BootTime observed;   // what `age` is counted from; set by the store
    bool operator==(const SavedState&) const = default;
};

class Store {
  public:
    // How the store is doing: ok, or degraded with a reason ("disk full", "database is locked",
    // "not writable", "database is damaged; set aside as vitals.db.damaged-..."). Called from the
    // store's thread at the start, on every change, and every `report`: silence means that the
    // disk hangs under it. Must not block.
    using Health = std::function<void(Outcome)>;

    // Returns at once; the file is opened on the store's thread, and again whenever it could not
    // be.
    Store(Settings settings, Log log, Health health);
    // Writes what is queued, for a second at most, and ends the thread. No callback begins after it
    // has returned.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // The process id of another daemon that uses the directory, or empty. Then nothing is read and
    // nothing written, for good. Waits until that is known, for `at_most`.
    std::string used_by(std::chrono::milliseconds at_most = std::chrono::seconds(2)) const;

    // The decommission text saved by an earlier process; nothing when none ever was. Or why it
    // cannot be known, now or ever: damaged, unreadable, or the disk has not answered within
    // `at_most`.
    std::expected<std::optional<std::string>, std::string> saved_decommission(
        std::chrono::milliseconds at_most = std::chrono::seconds(2)) const;
    bool answered() const;  // the disk has: what the two above say is final

    // Saves it and calls `done(durable)` from the store's thread once it is on disk, or could not
    // be brought there; never while the disk hangs. It is tried again until it succeeds or another
    // one is saved, and written again when the file is lost or damaged.
    void save_decommission(std::string text, std::function<void(bool durable)> done);

    // The workers saved by an earlier process. Waits like saved_decommission(); none where the file
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
    // are to be saved again.
    unsigned losses() const;

    // Takes a result, for what is usual and for the response times. Never waits for the disk. From
    // the engine's thread, as all that follows up to `blind`, before the transition that comes of
    // it.
    void take(const ComponentState& state);
    // To be called every ten seconds or so: tells the history what no transition told. A component
    // that has not run is unknown.
    void compare(const Snapshot& snapshot);
    // Nobody looked meanwhile: the engine did not run. Both have passed.
    void blind(Steady from, Steady to);
    // Queued, and on the disk at once, synchronous=FULL, with all others that wait by then. What is
    // saved of a state right after it goes there as soon. When the queue is full (10,000) the
    // oldest is dropped, counted, and the store degraded. Never waits for the disk. Of a detail at
    // most 1 KiB is kept.
    void append(Transition transition);

    // What must be on disk before it is acknowledged: each work is a transaction of its own, in the
    // order of the calls, with synchronous=FULL. `work` runs on the store's thread, maybe more than
    // once and maybe after the store is gone: it owns all that it refers to, begins no transaction,
    // and reports failure by SqliteError. `done` is called once, from the store's thread: true, it
    // is on disk; false, the first attempt failed. It is then kept and tried again, in order, until
    // it succeeds; work that SQLite refuses on any disk (a constraint, wrong SQL) is given up and
    // logged. When 10,000 wait, a further one is given up at once: `done(false)` comes from this
    // call, and losses() grows. Never waits for the disk.
    void commit(std::function<void(Database&)> work, std::function<void(bool durable)> done);
    // Reads on the store's thread, after all that was committed before. `work` owns all that it
    // refers to and writes nothing; it may begin a second time on a new file when the first one
    // turns out to be damaged. `done` is called once, from the store's thread, behind `work`:
    // false, it could not be read; from this call when too many wait already. Never while the disk
    // hangs.
    void read(std::function<void(Database&)> work, std::function<void(bool)> done);

    // What components were during the last while, in the order of the names. Up to 24 hours come
    // from memory: then `done` is called from this call, and whatever is not known is left out. For
    // the rest as past().
    void pasts(std::vector<std::string> components, std::chrono::milliseconds back,
               std::function<void(std::optional<std::vector<Past>>)> done);
    // The same for up to 24 hours, at once.
    std::vector<Past> recent_pasts(const std::vector<std::string>& components,
                                   std::chrono::milliseconds back) const;
    // Whether memory holds what earlier processes kept of the last day, or nobody can read it.
    bool knows_recent() const;
    // From memory, at once, in the order of the names.
    std::vector<UsualTimes> usual(const std::vector<std::string>& components) const;
    // Where the time line stands at that moment.
    System at(Steady moment) const;

    // How long a component took to answer, in so many steps from that moment on: single runs for
    // `raw`, minutes for 26 hours, hours for 35 days, days beyond. As past().
    void responses(std::string component, System from, std::chrono::milliseconds step,
                   std::size_t count,
                   std::function<void(std::optional<std::vector<ResponseStep>>)> done);

    // What a component was during the last while, up to now. `done` is called once: from the
    // store's thread, never while the disk hangs; from this call when too many wait already.
    // Nothing: it cannot be read.
    void past(std::string component, std::chrono::milliseconds back,
              std::function<void(std::optional<Past>)> done);
    // The latest `limit` changes before that moment, newest first; of all components where none is
    // named. As past().
    void changes(std::string component, System before, std::size_t limit,
                 std::function<void(std::optional<std::vector<PastChange>>)> done);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vitals::history
