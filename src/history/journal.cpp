// The schema and its statements. Times are microseconds since 1970, statuses their numbers.
#include "history/journal.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "history/records.hpp"
#include "history/stored_time.hpp"

namespace vitals::history {

namespace {

using Us = std::chrono::microseconds;

constexpr int application = 0x76746c73;  // "vtls", in the file's header

// One entry for each version, never changed once released. The write-ahead log is small, so that it
// fits on a nearly full disk. It is kept, so that the next write has its space already.
constexpr std::array migrations = {
    "CREATE TABLE decommission (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " text TEXT NOT NULL, at INTEGER NOT NULL);"
    "CREATE TABLE sign_of_life (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL);"
    "CREATE TABLE transition (id INTEGER PRIMARY KEY, component TEXT NOT NULL,"
    " at INTEGER NOT NULL, from_status INTEGER NOT NULL, to_status INTEGER NOT NULL,"
    " detail TEXT NOT NULL);"
    "CREATE INDEX transition_by_component ON transition (component, at);"
    "CREATE INDEX transition_by_time ON transition (at);",
    "CREATE TABLE worker (team TEXT NOT NULL, name TEXT NOT NULL, sent INTEGER NOT NULL,"
    " heard INTEGER NOT NULL, gone INTEGER NOT NULL, PRIMARY KEY (team, name)) WITHOUT ROWID;",
    "CREATE TABLE state (name TEXT PRIMARY KEY, status INTEGER NOT NULL, since INTEGER NOT NULL,"
    " observed INTEGER NOT NULL, created INTEGER NOT NULL, critical INTEGER NOT NULL,"
    " ttl INTEGER NOT NULL, failing INTEGER NOT NULL, passing INTEGER NOT NULL,"
    " pushed TEXT NOT NULL) WITHOUT ROWID;",
    // States as spans, in milliseconds.
    "CREATE TABLE component (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE span (component INTEGER NOT NULL, start INTEGER NOT NULL,"
    " decided INTEGER NOT NULL, state INTEGER NOT NULL, detail TEXT NOT NULL,"
    " PRIMARY KEY (component, start)) WITHOUT ROWID;"
    "CREATE INDEX span_by_time ON span (start);"
    "CREATE TABLE life (id INTEGER PRIMARY KEY, start INTEGER NOT NULL, alive INTEGER NOT NULL);"
    "CREATE TABLE leap (start INTEGER NOT NULL, until INTEGER NOT NULL);"
    "INSERT INTO component (name) SELECT DISTINCT component FROM transition;"
    "INSERT OR REPLACE INTO span SELECT component.id, at / 1000, at / 1000, to_status, detail"
    " FROM transition JOIN component ON name = component ORDER BY at, transition.id;"
    "INSERT INTO life (start, alive) SELECT coalesce((SELECT min(start) FROM span), at / 1000),"
    " at / 1000 FROM sign_of_life;"
    "DROP TABLE transition;",
    Records::schema,
    // Response times; and the seconds of days whose spans were removed.
    "CREATE TABLE chunk (start INTEGER NOT NULL, component INTEGER NOT NULL, runs BLOB NOT NULL,"
    " PRIMARY KEY (start, component)) WITHOUT ROWID;"
    "CREATE TABLE minute (start INTEGER NOT NULL, component INTEGER NOT NULL,"
    " runs INTEGER NOT NULL, least INTEGER NOT NULL, most INTEGER NOT NULL,"
    " total INTEGER NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY (start, component)) WITHOUT ROWID;"
    "CREATE TABLE hour (component INTEGER NOT NULL, start INTEGER NOT NULL,"
    " runs INTEGER NOT NULL, least INTEGER NOT NULL, most INTEGER NOT NULL,"
    " total INTEGER NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY (component, start)) WITHOUT ROWID;"
    "CREATE TABLE day (component INTEGER NOT NULL, start INTEGER NOT NULL,"
    " runs INTEGER NOT NULL, least INTEGER NOT NULL, most INTEGER NOT NULL,"
    " total INTEGER NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY (component, start)) WITHOUT ROWID;"
    "CREATE TABLE roll (one INTEGER PRIMARY KEY CHECK (one = 1), hour INTEGER NOT NULL,"
    " component INTEGER NOT NULL);",
    // When something was by a clock that nobody sets.
    "ALTER TABLE sign_of_life ADD COLUMN boot INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sign_of_life ADD COLUMN since_boot INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE state ADD COLUMN boot INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE state ADD COLUMN since_boot INTEGER NOT NULL DEFAULT 0;",
};
constexpr const char* settings =
    "PRAGMA cache_size = -512;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 256;"
    "PRAGMA journal_size_limit = 1048576;";

constexpr std::int64_t pruned_at_once = 2'000;  // rows, so that others do not wait long

Status status_of(std::int64_t number) {
    const bool known = number >= 0 && number <= static_cast<std::int64_t>(Status::unknown);
    return known ? static_cast<Status>(number) : Status::unknown;
}

}  // namespace

Journal::Journal(const std::string& path, std::function<bool(std::chrono::milliseconds)> patience)
    : database_(path, Database::Mode::write) {
    database_.on_busy(std::move(patience));
    migrate();
}

void Journal::migrate() {
    const std::int64_t owner = database_.number("PRAGMA application_id");
    const std::int64_t version = database_.number("PRAGMA user_version");
    const std::int64_t tables = database_.number("SELECT count(*) FROM sqlite_schema");
    if (owner != application && (owner != 0 || tables != 0))
        throw SqliteError(SQLITE_AUTH, 0, "the file belongs to another program");
    if (version > static_cast<std::int64_t>(migrations.size()))
        throw SqliteError(SQLITE_AUTH, 0, "the file was written by a newer vitals");
    if (tables == 0) database_.execute("PRAGMA auto_vacuum = INCREMENTAL");  // before any table
    database_.execute("PRAGMA journal_mode = WAL");
    database_.execute(settings);
    if (version == static_cast<std::int64_t>(migrations.size())) return;

    Transaction transaction(database_);
    for (auto next = static_cast<std::size_t>(version); next < migrations.size(); ++next)
        database_.execute(migrations.at(next));
    database_.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                  application, migrations.size())
                          .c_str());
    transaction.commit();
}

void Journal::append(const std::vector<SpanRecord>& records, std::optional<System> alive) {
    const Synchronously at_once(database_);
    Transaction transaction(database_);
    for (const SpanRecord& record : records) spans_.record(record);
    if (alive) spans_.alive(*alive);
    transaction.commit();
}

void Journal::commit(const std::function<void(Database&)>& work) {
    const Synchronously at_once(database_);
    Transaction transaction(database_);
    work(database_);
    transaction.commit();
}

std::optional<std::string> Journal::saved_decommission() {
    Statement select(database_, "SELECT text FROM decommission");
    if (!select.step()) return std::nullopt;
    return select.text(0);
}

void Journal::forget_decommission() {
    database_.execute("DELETE FROM decommission");
}

void Journal::save_workers(const std::vector<RememberedWorker>& workers) {
    Transaction transaction(database_);
    database_.execute("DELETE FROM worker");
    Statement insert(database_,
                     "INSERT OR REPLACE INTO worker (team, name, sent, heard, gone)"
                     " VALUES (?, ?, ?, ?, ?)");
    for (const RememberedWorker& worker : workers) {
        insert.bind(1, worker.group)
            .bind(2, worker.name)
            .bind(3, stored<Us>(worker.sent))
            .bind(4, stored<Us>(worker.heard))
            .bind(5, static_cast<std::int64_t>(worker.left))
            .run();
    }
    transaction.commit();
}

std::vector<RememberedWorker> Journal::saved_workers() {
    Statement select(database_, "SELECT team, name, sent, heard, gone FROM worker");
    std::vector<RememberedWorker> found;
    while (select.step()) {
        RememberedWorker worker;
        worker.group = select.text(0);
        worker.name = select.text(1);
        worker.sent = time_of<Us>(select.number(2));
        worker.heard = time_of<Us>(select.number(3));
        worker.left = select.number(4) != 0;
        found.push_back(std::move(worker));
    }
    return found;
}

void Journal::save_states(const StateChanges& changes, System now) {
    Transaction transaction(database_);
    Statement remove(database_, "DELETE FROM state WHERE name = ?");
    Statement save(database_,
                   "INSERT OR REPLACE INTO state (name, status, since, observed, created, critical,"
                   " ttl, failing, passing, pushed, boot, since_boot)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& [name, state] : changes) {
        if (!state) {
            remove.bind(1, name).run();
            spans_.record({name, Spent::unwatched, now, now, {}});
            continue;
        }
        spans_.begin_if_unknown({name, spent_of(state->status), now, now, {}});
        save.bind(1, name)
            .bind(2, static_cast<std::int64_t>(state->status))
            .bind(3, stored<Us>(state->since))
            .bind(4, stored<Us>(state->observed_at))
            .bind(5, static_cast<std::int64_t>(state->created_by_push))
            .bind(6, static_cast<std::int64_t>(state->critical))
            .bind(7, state->ttl ? state->ttl->count() : 0)
            .bind(8, static_cast<std::int64_t>(state->failing_runs))
            .bind(9, static_cast<std::int64_t>(state->passing_runs))
            .bind(10, state->pushed)
            .bind(11, state->observed.boot)
            .bind(12, state->observed.at.count())
            .run();
    }
    transaction.commit();
}

std::vector<SavedState> Journal::saved_states() {
    Statement select(database_,
                     "SELECT name, status, since, observed, created, critical, ttl, failing,"
                     " passing, pushed, boot, since_boot FROM state");
    std::vector<SavedState> found;
    while (select.step()) {
        SavedState state;
        state.component = select.text(0);
        state.status = status_of(select.number(1));
        state.since = time_of<Us>(select.number(2));
        state.observed_at = time_of<Us>(select.number(3));
        state.created_by_push = select.number(4) != 0;
        state.critical = select.number(5) != 0;
        if (const std::int64_t ttl = select.number(6); ttl > 0)
            state.ttl = std::chrono::milliseconds(ttl);
        state.failing_runs = static_cast<unsigned>(select.number(7));
        state.passing_runs = static_cast<unsigned>(select.number(8));
        state.pushed = select.text(9);
        state.observed = {select.number(10), std::chrono::microseconds(select.number(11))};
        state.age = since(state.observed, state.observed_at);
        found.push_back(std::move(state));
    }
    return found;
}

void Journal::sign_of_life(System believed, System now) {
    Statement save(database_,
                   "INSERT OR REPLACE INTO sign_of_life (one, at, boot, since_boot)"
                   " VALUES (1, ?, ?, ?)");
    const BootTime moment = boot_time();
    save.bind(1, stored<Us>(believed)).bind(2, moment.boot).bind(3, moment.at.count()).run();
    spans_.alive(now);
}

std::optional<System> Journal::last_sign_of_life() {
    Statement select(database_, "SELECT at FROM sign_of_life");
    if (!select.step()) return std::nullopt;
    return time_of<Us>(select.number(0));
}

std::optional<Steady::duration> Journal::away() {
    Statement select(database_, "SELECT at, boot, since_boot FROM sign_of_life");
    if (!select.step()) return std::nullopt;
    return since({select.number(1), std::chrono::microseconds(select.number(2))},
                 time_of<Us>(select.number(0)));
}

std::uint64_t Journal::used_bytes() {
    const std::int64_t pages =
        database_.number("PRAGMA page_count") - database_.number("PRAGMA freelist_count");
    return static_cast<std::uint64_t>(pages * database_.number("PRAGMA page_size"));
}

std::int64_t Journal::forget(const Bounds& bounds) {
    Transaction transaction(database_);
    const std::int64_t removed = spans_.forget(bounds.spans, pruned_at_once) +
                                 tiers_.forget(Tiers::Tier::chunk, bounds.runs, pruned_at_once) +
                                 tiers_.forget(Tiers::Tier::minute, bounds.minutes, pruned_at_once);
    transaction.commit();
    return removed;
}

std::int64_t Journal::forget_oldest() {
    using enum Tiers::Tier;
    struct Step {
        Tiers::Tier tier;
        std::chrono::hours length;  // of what is removed at once
    };
    Transaction transaction(database_);
    std::int64_t removed = 0;
    for (const Step step : {Step{chunk, std::chrono::hours(1)}, Step{minute, std::chrono::hours(1)},
                            Step{hour, std::chrono::hours(1)}, Step{day, std::chrono::hours(24)}}) {
        const auto oldest = tiers_.oldest(step.tier);
        if (oldest) removed = tiers_.forget(step.tier, *oldest + step.length, pruned_at_once);
        if (removed > 0) break;
    }
    if (removed == 0) removed = spans_.forget(System::max(), pruned_at_once);
    transaction.commit();
    return removed;
}

bool Journal::prune(const Bounds& bounds) {
    std::int64_t removed = forget(bounds);
    if (removed == 0 && used_bytes() > bounds.size) removed = forget_oldest();
    if (removed == 0) return false;
    Statement(database_, "PRAGMA incremental_vacuum").run();
    return true;
}

std::optional<std::string> Journal::read_as_is(const std::string& path) noexcept {
    try {
        Database database(path, Database::Mode::as_is);
        Statement select(database, "SELECT text FROM decommission");
        if (!select.step()) return std::nullopt;
        return select.text(0);
    } catch (const SqliteError&) {
        return std::nullopt;
    }
}

}  // namespace vitals::history
