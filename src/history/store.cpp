// The thread that owns the database, and the queue in front of it. Nobody waits for the disk here
// but this thread; everything that crosses to it is a value under one mutex. One file, however
// long, for what callers and the thread do to these values is read together.
#include "history/store.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include "history/archive.hpp"
#include "history/commits.hpp"
#include "history/state_files.hpp"
#include "history/time_line.hpp"
#include "history/wall_clock.hpp"
#include "net/apart.hpp"
#include "text/utf8.hpp"

namespace vitals::history {

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto lock_patience = 400ms;  // for another process to release the database
constexpr auto caller_patience = 2s;   // of saved_workers() and the like
constexpr auto end_patience = 1s;      // of the destructor
constexpr auto overflow_shown = 60s;   // how long dropped records degrade the store
constexpr std::size_t queue_limit = 10'000;
constexpr std::size_t states_limit = 250'000;  // waiting to be saved
constexpr std::size_t reads_limit = 100;       // waiting to be answered
constexpr std::size_t commits_limit = 10'000;  // waiting to be on disk
constexpr std::size_t detail_limit = 1'024;    // bytes, so that the queue is bounded in bytes

// What an older vitals wrote down cannot be read. Of two mistakes the smaller one is made.
constexpr const char* in_doubt =
    "it is not known whether this node is in service, as its database cannot be read; "
    "'vitals recommission' puts it back";

// Unknown only because vitals could not do its own part: nobody looked.
Spent spent_of(const Transition& transition) {
    const bool blind =
        transition.to == Status::unknown && transition.error_class == ErrorClass::local;
    return blind ? Spent::blind : vitals::spent_of(transition.to);
}

}  // namespace

// Shared with the thread, which may be left behind when the disk hangs under it.
struct Store::State {
    struct Save {
        std::string text;
        std::function<void(bool)> done;
    };
    struct Known {
        std::optional<std::string> decommission;
        std::vector<RememberedWorker> workers;
        std::vector<SavedState> states;
        std::optional<System> alive;
    };
    // Asked of the journal, or of nothing where it cannot be read.
    using Read = std::function<void(Journal*)>;

    State(Settings given, Log to, Health changed)
        : settings(std::move(given)),
          log(std::move(to)),
          health(std::move(changed)),
          process(::getpid()),
          file(settings.directory),
          wall_clock(settings.keep),
          archive(
              settings.directory,
              [this](LogLevel level, std::string_view message) { say(level, message); },
              [](std::chrono::milliseconds waited) { return waited < lock_patience; }),
          commits([this](LogLevel level, std::string_view message) { say(level, message); },
                  [this](const std::function<void()>& callback) { call(callback); }) {}

    void run();
    bool work();
    bool load();
    void save(std::vector<Save> saves);
    void write_commits(std::vector<Commit> added, SteadyClock::time_point now);
    void verify();
    void write(SteadyClock::time_point now, bool at_once);
    void write_workers(SteadyClock::time_point now, bool at_once);
    void write_states(SteadyClock::time_point now, bool at_once);
    void ask(Read read);
    void answer(const std::vector<Read>& asked);
    std::vector<SpanRecord> records_of(const std::deque<Transition>& batch) const;
    System now_on_line() const { return line->at(SteadyClock::now()); }
    void tend(SteadyClock::time_point now);
    void report(SteadyClock::time_point now);
    SteadyClock::time_point due() const;  // with the mutex held
    void say(LogLevel level, std::string_view message);
    // Calls back, unless the store is gone.
    void call(const std::function<void()>& callback);

    const Settings settings;

    mutable std::mutex mutex;
    std::condition_variable wake;             // the thread's
    mutable std::condition_variable changed;  // the callers'
    std::deque<Transition> queue;
    SteadyClock::time_point queued_since{};
    std::uint64_t dropped = 0;
    SteadyClock::time_point last_drop{};
    std::vector<Save> saves;
    std::vector<Read> reads;
    std::vector<Commit> added;                             // to `commits`
    std::size_t commits_open = 0;                          // in both
    std::optional<std::vector<RememberedWorker>> workers;  // to be saved
    SteadyClock::time_point workers_since{};
    std::vector<RememberedWorker> saved_workers;
    StateChanges states;  // to be saved
    SteadyClock::time_point states_since{};
    std::vector<SavedState> saved_states;
    std::optional<System> last_alive;
    std::atomic<unsigned> losses = 0;
    unsigned renewals = 0;  // of the archive, as far as dealt with
    std::string other;      // the process that uses the directory
    std::expected<std::optional<std::string>, std::string> saved = std::nullopt;
    bool loaded = false;  // all before are known
    bool stop = false;
    bool ended = false;

    // Held while calling back. What the callbacks refer to is gone once the store is.
    std::timed_mutex calling;
    std::atomic<bool> gone = false;
    const Log log;
    const Health health;

    // The thread's own.
    const int process;
    DirectoryLock lock_file;
    DecommissionFile file;
    WallClock wall_clock;
    std::optional<TimeLine> line;  // from load() on
    bool living = false;           // the file knows of this life
    std::vector<Stretch> leaps;    // to be written
    Archive archive;
    Commits commits;
    std::optional<std::string> text;  // what must be in the file
    bool unsaved = false;             // and is not
    std::string trouble;              // why
    bool taken_over = false;          // from the database, which still has it
    SteadyClock::time_point retry_at{};
    SteadyClock::time_point tend_at{};
    SteadyClock::time_point report_at{};
    std::optional<std::string> reported;  // the detail; empty when all was well
    std::thread thread;
};

Store::Store(Settings settings, Log log, Health health)
    : state_(std::make_shared<State>(std::move(settings), std::move(log), std::move(health))) {
    state_->thread = std::thread([state = state_] {
        ::pthread_setname_np(::pthread_self(), "vitals-store");
        // SQLite shares descriptors between all that use one file in this process.
        net::apart([&state] { state->run(); }, net::Descriptors::shared);
    });
}

Store::~Store() {
    std::unique_lock lock(state_->mutex);
    state_->stop = true;
    state_->wake.notify_one();
    const bool ended =
        state_->changed.wait_for(lock, end_patience, [this] { return state_->ended; });
    lock.unlock();
    if (ended) {
        state_->thread.join();
        return;
    }
    // The disk hangs; the thread keeps its state alive, and calls nobody any more. Only a callback
    // that hangs itself may keep this from being said.
    const std::unique_lock calling(state_->calling, end_patience);
    state_->gone = true;
    state_->lock_file.unlock();  // the next one need not wait for the disk
    state_->thread.detach();
}

std::string Store::used_by(std::chrono::milliseconds at_most) const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, at_most, [this] { return state_->loaded; });
    return state_->other;
}

std::expected<std::optional<std::string>, std::string> Store::saved_decommission(
    std::chrono::milliseconds at_most) const {
    std::unique_lock lock(state_->mutex);
    if (!state_->changed.wait_for(lock, at_most, [this] { return state_->loaded; }))
        return std::unexpected(
            fmt::format("the disk under {} does not answer", state_->settings.directory));
    return state_->saved;
}

bool Store::answered() const {
    const std::lock_guard lock(state_->mutex);
    return state_->loaded;
}

void Store::save_decommission(std::string text, std::function<void(bool)> done) {
    const std::lock_guard lock(state_->mutex);
    state_->saves.push_back({std::move(text), std::move(done)});
    state_->wake.notify_one();
}

std::vector<RememberedWorker> Store::saved_workers() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, caller_patience, [this] { return state_->loaded; });
    return std::exchange(state_->saved_workers, {});
}

void Store::save_workers(std::vector<RememberedWorker> workers) {
    const std::lock_guard lock(state_->mutex);
    const bool waiting = state_->workers.has_value();
    state_->workers = std::move(workers);
    if (waiting) return;  // the thread knows already
    state_->workers_since = SteadyClock::now();
    state_->wake.notify_one();
}

std::vector<SavedState> Store::saved_states() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, caller_patience, [this] { return state_->loaded; });
    return std::exchange(state_->saved_states, {});
}

std::optional<System> Store::last_alive() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, caller_patience, [this] { return state_->loaded; });
    return state_->last_alive;
}

void Store::save_states(std::vector<std::string> gone, std::vector<SavedState> states) {
    const std::lock_guard lock(state_->mutex);
    const bool waiting = !state_->states.empty();
    for (std::string& name : gone) state_->states[std::move(name)].reset();
    for (SavedState& state : states) {
        std::string name = state.component;
        state_->states[std::move(name)] = std::move(state);
    }
    if (state_->states.size() > states_limit) {
        state_->states.clear();
        ++state_->losses;
    }
    if (waiting || state_->states.empty()) return;  // the thread knows already
    state_->states_since = SteadyClock::now();
    state_->wake.notify_one();
}

unsigned Store::losses() const {
    return state_->losses;
}

void Store::append(Transition record) {
    record.detail.resize(text::cut_utf8(record.detail, detail_limit).size());
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.size() == queue_limit) {
        state_->queue.pop_front();
        ++state_->dropped;
        state_->last_drop = SteadyClock::now();
    }
    state_->queue.push_back(std::move(record));
    if (state_->queue.size() > 1) return;  // the thread knows already
    state_->queued_since = SteadyClock::now();
    state_->wake.notify_one();
}

void Store::commit(std::function<void(Database&)> work, std::function<void(bool)> done) {
    std::unique_lock lock(state_->mutex);
    if (state_->commits_open == commits_limit) {
        ++state_->losses;
        lock.unlock();
        if (done) done(false);
        return;
    }
    ++state_->commits_open;
    state_->added.push_back({std::move(work), std::move(done)});
    state_->wake.notify_one();
}

void Store::read(std::function<void(Database&)> work, std::function<void(bool)> done) {
    state_->ask([work = std::move(work), done = std::move(done)](Journal* journal) {
        bool read = journal != nullptr;
        try {
            if (read) work(journal->database());
        } catch (const SqliteError&) {
            throw;  // says what is wrong with the disk
        } catch (const std::exception&) {
            read = false;
        }
        if (done) done(read);
    });
}

void Store::past(std::string component, std::chrono::milliseconds back,
                 std::function<void(std::optional<Past>)> done) {
    state_->ask([state = state_.get(), component = std::move(component), back,
                 done = std::move(done)](Journal* journal) {
        if (journal == nullptr) return done(std::nullopt);
        const System now = state->now_on_line();
        done(journal->spans().past(component, now - back, now));
    });
}

void Store::changes(std::string component, System before, std::size_t limit,
                    std::function<void(std::optional<std::vector<PastChange>>)> done) {
    state_->ask([component = std::move(component), before, limit,
                 done = std::move(done)](Journal* journal) {
        if (journal == nullptr) return done(std::nullopt);
        done(journal->spans().changes(component, before, limit));
    });
}

void Store::State::ask(Read read) {
    std::unique_lock lock(mutex);
    if (reads.size() == reads_limit) {
        lock.unlock();
        return read(nullptr);
    }
    reads.push_back(std::move(read));
    wake.notify_one();
}

void Store::State::call(const std::function<void()>& callback) {
    const std::lock_guard lock(calling);
    if (!gone) callback();
}

void Store::State::say(LogLevel level, std::string_view message) {
    call([&] { log(level, message); });
}

void Store::State::run() {
    if (load())
        while (work()) {
        }
    archive.close();
    lock_file.release();
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
}

// False: another daemon uses the directory.
bool Store::State::load() {
    archive.prepare();
    if (const auto holder = lock_file.take(settings.directory, process)) {
        const std::lock_guard lock(mutex);
        other = *holder;
        loaded = true;
        changed.notify_all();
        return false;
    }
    auto found = file.read();
    const bool existed = archive.is_there();
    const std::optional<std::string> as_is = archive.saved_decommission();
    Known known;
    System line_ended = System::min();
    const bool opened = archive.read([&](Journal& journal) {
        known.decommission = journal.saved_decommission();
        known.workers = journal.saved_workers();
        if (const auto sign = journal.last_sign_of_life()) wall_clock.continue_from(*sign);
        known.states = journal.saved_states();
        known.alive = journal.last_sign_of_life();
        line_ended = journal.spans().ended();
    });
    line.emplace(std::chrono::system_clock::now(), SteadyClock::now(), line_ended);
    if (found && !*found) {
        const bool proper = opened && archive.renewals() == 0;
        if (existed && !proper && !as_is)
            found = std::string(in_doubt);
        else
            found = proper ? known.decommission : as_is;
        unsaved = true;
        taken_over = existed;
    }
    if (found) text = found->value_or("OK");
    const std::lock_guard lock(mutex);
    saved = std::move(found);
    saved_workers = std::move(known.workers);
    saved_states = std::move(known.states);
    last_alive = known.alive;
    loaded = true;
    changed.notify_all();
    return true;
}

SteadyClock::time_point Store::State::due() const {
    auto next = tend_at;
    if (!queue.empty()) next = std::min(next, std::max(queued_since + settings.batch, retry_at));
    if (workers) next = std::min(next, std::max(workers_since + settings.batch, retry_at));
    if (!states.empty()) next = std::min(next, std::max(states_since + settings.batch, retry_at));
    if (unsaved || !commits.empty()) next = std::min(next, retry_at);
    return next;
}

// One turn: waits for something to do and does it. False: it was the last.
bool Store::State::work() {
    std::unique_lock lock(mutex);
    while (!stop && saves.empty() && reads.empty() && added.empty()) {
        const auto next = due();  // again after each wake: a record may have come
        if (SteadyClock::now() >= next) break;
        wake.wait_until(lock, next);
    }
    const bool last = stop;
    std::vector<Save> to_save = std::exchange(saves, {});
    const std::vector<Read> to_answer = std::exchange(reads, {});
    std::vector<Commit> to_commit = std::exchange(added, {});
    lock.unlock();

    const auto now = SteadyClock::now();
    // What operators wait for comes first.
    if (!to_save.empty() || last || (unsaved && now >= retry_at)) save(std::move(to_save));
    write(now, last || !to_answer.empty() || !to_commit.empty());
    write_commits(std::move(to_commit), last ? SteadyClock::time_point::max() : now);
    write_workers(now, last);
    write_states(now, last);
    if (!to_answer.empty()) answer(to_answer);
    if (now >= tend_at) tend(now);
    if (archive.renewals() != renewals) {  // a new file: what must be in it is not
        renewals = archive.renewals();
        living = false;
        ++losses;
    }
    if (!last) report(now);
    return !last;
}

void Store::State::save(std::vector<Save> to_save) {
    if (!to_save.empty()) {
        text = to_save.back().text;
        unsaved = true;
    }
    if (unsaved) {
        archive.prepare();
        trouble = file.write(*text).value_or("");
        unsaved = !trouble.empty();
        if (unsaved) retry_at = SteadyClock::now() + settings.retry;
        if (!unsaved && std::exchange(taken_over, false))
            archive.write([](Journal& journal) { journal.forget_decommission(); });
    }
    for (const Save& each : to_save)
        if (each.done) call([&] { each.done(!unsaved); });
}

void Store::State::write_commits(std::vector<Commit> more, SteadyClock::time_point now) {
    const bool any = !more.empty();
    commits.add(std::move(more));
    if (commits.empty() || !(any || now >= retry_at)) return;
    const std::size_t over = commits.write(archive);
    if (!commits.empty()) retry_at = SteadyClock::now() + settings.retry;
    const std::lock_guard lock(mutex);
    commits_open -= over;
}

void Store::State::write(SteadyClock::time_point now, bool at_once) {
    std::unique_lock lock(mutex);
    const bool ripe = now >= std::max(queued_since + settings.batch, retry_at);
    if (queue.empty() || !(ripe || at_once)) return;
    std::deque<Transition> batch = std::exchange(queue, {});
    lock.unlock();

    if (archive.write([&](Journal& journal) { journal.append(records_of(batch)); })) return;
    retry_at = SteadyClock::now() + settings.retry;
    lock.lock();
    // Back to the front of what came meanwhile; the oldest give way.
    const std::size_t room = queue_limit - queue.size();
    if (batch.size() > room) {
        dropped += batch.size() - room;
        last_drop = SteadyClock::now();
        batch.erase(batch.begin(), batch.end() - static_cast<std::ptrdiff_t>(room));
    }
    queue.insert(queue.begin(), std::make_move_iterator(batch.begin()),
                 std::make_move_iterator(batch.end()));
}

std::vector<SpanRecord> Store::State::records_of(const std::deque<Transition>& batch) const {
    std::vector<SpanRecord> records;
    records.reserve(batch.size());
    for (const Transition& each : batch)
        records.push_back({each.component, spent_of(each), line->at(each.began),
                           line->at(each.decided), each.detail});
    return records;
}

void Store::State::write_workers(SteadyClock::time_point now, bool at_once) {
    std::unique_lock lock(mutex);
    const bool ripe = now >= std::max(workers_since + settings.batch, retry_at);
    if (!workers || !(ripe || at_once)) return;
    std::optional<std::vector<RememberedWorker>> all = std::exchange(workers, std::nullopt);
    lock.unlock();

    if (archive.write([&](Journal& journal) { journal.save_workers(*all); })) return;
    retry_at = SteadyClock::now() + settings.retry;
    lock.lock();
    if (!workers) workers = std::move(all);  // unless later ones came meanwhile
}

void Store::State::write_states(SteadyClock::time_point now, bool at_once) {
    std::unique_lock lock(mutex);
    const bool ripe = now >= std::max(states_since + settings.batch, retry_at);
    if (states.empty() || !(ripe || at_once)) return;
    StateChanges changes = std::exchange(states, {});
    lock.unlock();

    // How a component came to be what it is stands in what is queued before.
    write(now, true);
    if (archive.write([&](Journal& journal) { journal.save_states(changes, now_on_line()); }))
        return;
    retry_at = SteadyClock::now() + settings.retry;
    lock.lock();
    states.merge(changes);  // what came meanwhile is newer
}

void Store::State::answer(const std::vector<Read>& asked) {
    for (const Read& read : asked) {
        bool answered = false;
        archive.read([&](Journal& journal) {
            if (answered) return;
            call([&] { read(&journal); });
            answered = true;
        });
        if (!answered) call([&] { read(nullptr); });
    }
}

// What is acknowledged stays on disk, whatever becomes of the file meanwhile.
void Store::State::verify() {
    if (!text || unsaved) return;
    const auto found = file.read();
    if (found && *found == text) return;
    say(LogLevel::error,
        fmt::format("the saved decommission state {}; it is written again",
                    found ? "was removed or changed" : "cannot be read: " + found.error()));
    unsaved = true;
    save({});
}

void Store::State::tend(SteadyClock::time_point now) {
    tend_at = now + settings.report;
    verify();
    archive.look_around();
    bool more = false;
    const System system = std::chrono::system_clock::now();
    if (const auto leap = line->follow(system, now)) leaps.push_back(*leap);
    archive.write([&](Journal& journal) {
        const bool believed = wall_clock.believe(system, now);
        if (!living) journal.spans().begin_life(line->at(now));
        living = true;
        for (const Stretch& leap : std::exchange(leaps, {})) journal.spans().leap(leap);
        journal.sign_of_life(wall_clock.believed(), line->at(now));
        more = journal.prune(believed ? system - settings.keep : System(), settings.size);
    });
    if (more) tend_at = now + settings.batch;
}

void Store::State::report(SteadyClock::time_point now) {
    Archive::Problem problem = archive.problem();
    std::unique_lock lock(mutex);
    if (problem.detail.empty() && dropped > 0 && now - last_drop < overflow_shown)
        problem.detail = "more is recorded than the disk takes; the oldest is dropped";
    if (problem.detail.empty() && unsaved)
        problem = {"the decommission state is not saved", trouble};
    const bool news = reported != problem.detail;
    if (!news && now < report_at) return;
    report_at = now + settings.report;
    Outcome outcome = problem.detail.empty() ? ok() : degraded(problem.detail);
    outcome.error = problem.error;
    outcome.with("waiting", static_cast<std::int64_t>(queue.size()))
        .with("dropped", static_cast<std::int64_t>(dropped));
    lock.unlock();
    outcome.with("bytes", static_cast<std::int64_t>(archive.used_bytes()));
    if (news && !problem.detail.empty())
        say(LogLevel::warning, fmt::format("history: {}{}{}; no check is affected", problem.detail,
                                           problem.error.empty() ? "" : ": ", problem.error));
    else if (news && reported)
        say(LogLevel::info, "history: written again");
    reported = problem.detail;
    call([&] { health(std::move(outcome)); });
}

}  // namespace vitals::history
