// The database file: its schema, and the few things that are written to it and read from it. Used
// on the store's thread only; every failure is a SqliteError.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "history/spans.hpp"
#include "history/sqlite.hpp"
#include "history/store.hpp"
#include "history/tiers.hpp"

namespace vitals::history {

// By component; nothing: it is gone.
using StateChanges = std::map<std::string, std::optional<SavedState>>;

class Journal {
  public:
    // Opens or creates the file and brings its schema up to date. A file of a newer vitals, or of
    // another program, is left alone: SqliteError with code SQLITE_AUTH, which says which.
    Journal(const std::string& path, std::function<bool(std::chrono::milliseconds)> patience);

    // All of them or none. `alive`: the daemon is there; this is stored with them.
    void append(const std::vector<SpanRecord>& records, std::optional<System> alive = {});
    // What an older vitals kept here; now it has its own file.
    std::optional<std::string> saved_decommission();
    void forget_decommission();
    void save_workers(const std::vector<RememberedWorker>& workers);  // all of them or none
    std::vector<RememberedWorker> saved_workers();
    // All of them or none. An unknown component begins with its present state, `now` on the time
    // line; a component that is gone is no longer watched.
    void save_states(const StateChanges& changes, System now);
    std::vector<SavedState> saved_states();
    Spans& spans() noexcept { return spans_; }
    Tiers& tiers() noexcept { return tiers_; }
    Database& database() noexcept { return database_; }
    // One transaction, on disk when it returns.
    void commit(const std::function<void(Database&)>& work);

    // Proves that the file can be written, and stores the time of that: by the trusted wall clock,
    // and on the time line.
    void sign_of_life(System believed, System now);
    std::optional<System> last_sign_of_life();
    // How long ago that was.
    std::optional<Steady::duration> away();
    // Removes what is older, then what is finest and oldest (runs, minutes, hours, days, spans)
    // until the file uses at most `size` bytes. Does a bounded part of the work; true: there is
    // more to do.
    struct Bounds {
        System spans, runs, minutes;  // what is before is removed
        std::uint64_t size = 0;
    };
    bool prune(const Bounds& bounds);
    std::uint64_t used_bytes();
    bool moved() const { return database_.moved(); }

    // The text in a file that cannot be opened properly (locked, damaged, on a full or read-only
    // disk); nothing when it cannot be read.
    static std::optional<std::string> read_as_is(const std::string& path) noexcept;

  private:
    void migrate();
    // Removes the oldest of those; returns how many.
    std::int64_t forget(const Bounds& bounds);
    std::int64_t forget_oldest();

    Database database_;
    Spans spans_{database_};
    Tiers tiers_{database_};
};

}  // namespace vitals::history
