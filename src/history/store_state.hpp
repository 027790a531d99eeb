// What callers and the store's thread share, and what belongs to the thread. Inside the store only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "history/archive.hpp"
#include "history/commits.hpp"
#include "history/recent.hpp"
#include "history/response_times.hpp"
#include "history/state_files.hpp"
#include "history/store.hpp"
#include "history/time_line.hpp"
#include "history/wall_clock.hpp"

namespace vitals::history {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t queue_limit = 10'000;    // transitions
constexpr std::size_t states_limit = 250'000;  // waiting to be saved
constexpr std::size_t reads_limit = 100;       // waiting to be answered
constexpr std::size_t runs_limit = 500'000;    // waiting to be gathered
constexpr std::size_t pauses_limit = 1'000;    // waiting to be written
// The time between two transactions of transitions: each is written at once, and many that come
// together share one.
constexpr std::chrono::milliseconds pace{20};
constexpr std::size_t commits_limit = 10'000;  // waiting to be on disk

// Shared with the thread, which may be left behind when the disk hangs.
struct Store::State {
    struct Save {
        std::string text;
        std::function<void(bool)> done;
    };
    struct Known {
        std::optional<std::string> decommission;
        std::vector<RememberedWorker> workers;
        std::vector<SavedState> states;
        Steady::duration away{};
    };
    // A question to the journal, or to nothing if it cannot be read.
    using Read = std::function<void(Journal*)>;

    State(Settings given, Log to, Health changed);

    void run();
    bool work();
    bool load();
    void save(std::vector<Save> saves);
    void write_commits(std::vector<Commit> added, SteadyClock::time_point now);
    void verify();
    void write(SteadyClock::time_point now, bool at_once);
    void write_workers(SteadyClock::time_point now, bool at_once);
    void write_states(SteadyClock::time_point now, bool at_once);
    void queue_up(Transition record);
    void ask(Read read);
    void add_maintenance(Past& past, std::string_view component) const;
    void answer(const std::vector<Read>& asked);
    std::vector<SpanRecord> records_of(const std::deque<Transition>& batch) const;
    System now_on_line() const { return line->at(SteadyClock::now()); }
    void fill_recent();
    void write_runs(bool last);
    void merge_spans();
    void write_pauses();
    std::vector<ResponseStep> responses(Tiers& tiers, const std::string& component, System from,
                                        std::chrono::milliseconds step, std::size_t count);
    void tend(SteadyClock::time_point now);
    void report(SteadyClock::time_point now);
    SteadyClock::time_point due() const;          // with the mutex held
    SteadyClock::time_point states_ripe() const;  // likewise
    void say(LogLevel level, std::string_view message);
    // Calls back, unless the store is gone.
    void call(const std::function<void()>& callback);

    const Settings settings;
    Recent recent{std::chrono::system_clock::now(), SteadyClock::now()};
    std::atomic<bool> away = false;  // the file cannot be read now

    std::mutex runs_mutex;
    std::vector<NewRun> runs;
    std::uint64_t runs_lost = 0;

    mutable std::mutex mutex;
    std::condition_variable wake;             // the thread's
    mutable std::condition_variable changed;  // the callers'
    std::deque<Transition> queue;
    SteadyClock::time_point changed_at{};  // a transition came last
    std::uint64_t dropped = 0;
    SteadyClock::time_point last_drop{};
    std::vector<std::pair<Steady, Steady>> pauses;  // of the engine
    std::vector<Save> saves;
    std::vector<Read> reads;
    std::vector<Commit> added;                             // to `commits`
    std::size_t commits_open = 0;                          // in both
    std::optional<std::vector<RememberedWorker>> workers;  // to be saved
    SteadyClock::time_point workers_since{};
    std::vector<RememberedWorker> saved_workers;
    StateChanges states;                   // to be saved
    SteadyClock::time_point states_due{};  // written by then, at the earliest
    bool states_at_once = false;           // and durable: they follow a transition
    std::vector<SavedState> saved_states;
    Steady::duration absent{};  // between the two processes
    std::atomic<unsigned> losses = 0;
    unsigned renewals = 0;  // of the archive, as far as handled
    std::string other;      // the process that uses the directory
    std::expected<std::optional<std::string>, std::string> saved = std::nullopt;
    bool loaded = false;  // all before are known
    bool stop = false;
    bool ended = false;

    // Held during callbacks. What the callbacks refer to is gone once the store is.
    std::timed_mutex calling;
    std::atomic<bool> gone = false;
    const Log log;
    const Health health;

    // Belongs to the thread.
    const int process;
    DirectoryLock lock_file;
    DecommissionFile file;
    WallClock wall_clock;
    std::optional<TimeLine> line;  // from load() on
    System began{};                // this life, on it
    bool living = false;           // the file has a record of this life
    std::vector<Stretch> leaps;    // to be written
    Archive archive;
    Commits commits;
    ResponseTimes response_times;
    std::map<std::string, unsigned> changes_of;  // since the spans were counted
    std::optional<std::string> text;             // what must be in the file
    bool unsaved = false;                        // and is not
    std::string trouble;                         // why
    bool taken_over = false;                     // from the database, which still has it
    SteadyClock::time_point retry_at{};
    SteadyClock::time_point changes_written{};  // last: see `pace`
    SteadyClock::time_point tend_at{};
    SteadyClock::time_point report_at{};
    std::optional<std::string> reported;  // the detail; empty when all was well
    std::thread thread;
};

}  // namespace vitals::history
