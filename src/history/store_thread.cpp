// The thread that owns the database. Only this thread waits for the disk. It is one long file,
// because what the thread does with the callers' data is read together.
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "history/store_state.hpp"

namespace vitals::history {

namespace {

using namespace std::chrono_literals;

constexpr auto lock_patience = 400ms;  // for another process to release the database
constexpr std::size_t minutes_recalled = 300'000;
constexpr auto overflow_shown = 60s;  // how long dropped records degrade the store

// What an older vitals wrote cannot be read. Of two possible mistakes, this is the smaller one.
constexpr const char* in_doubt =
    "it is not known whether this node is in service, as its database cannot be read; "
    "'vitals recommission' puts it back";

}  // namespace

Store::State::State(Settings given, Log to, Health changed)
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
    if (load()) {
        fill_recent();
        while (work()) {
        }
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
        known.away = journal.away().value_or(Steady::duration{});
        line_ended = journal.spans().ended();
    });
    line.emplace(std::chrono::system_clock::now(), SteadyClock::now(), line_ended);
    const auto moment = SteadyClock::now();
    began = line->at(moment);
    recent.anchor(began, moment);
    away = !opened;
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
    absent = known.away;
    loaded = true;
    changed.notify_all();
    return true;
}

SteadyClock::time_point Store::State::due() const {
    auto next = tend_at;
    if (!queue.empty()) next = std::min(next, std::max(changes_written + pace, retry_at));
    if (workers) next = std::min(next, std::max(workers_since + settings.batch, retry_at));
    if (!states.empty()) next = std::min(next, states_ripe());
    if (unsaved || !commits.empty()) next = std::min(next, retry_at);
    return next;
}

SteadyClock::time_point Store::State::states_ripe() const {
    return std::max({states_due, retry_at,
                     states_at_once ? changes_written + pace : SteadyClock::time_point::min()});
}

// One turn: waits for something to do and does it. False: it was the last turn.
bool Store::State::work() {
    std::unique_lock lock(mutex);
    while (!stop && saves.empty() && reads.empty() && added.empty()) {
        const auto next = due();  // again after each wake-up: a record may have come
        if (SteadyClock::now() >= next) break;
        wake.wait_until(lock, next);
    }
    const bool last = stop;
    std::vector<Save> to_save = std::exchange(saves, {});
    const std::vector<Read> to_answer = std::exchange(reads, {});
    std::vector<Commit> to_commit = std::exchange(added, {});
    lock.unlock();

    const auto now = SteadyClock::now();
    // Operators wait for this, so it comes first.
    if (!to_save.empty() || last || (unsaved && now >= retry_at)) save(std::move(to_save));
    write(now, last || !to_answer.empty() || !to_commit.empty());
    write_commits(std::move(to_commit), last ? SteadyClock::time_point::max() : now);
    write_workers(now, last);
    write_states(now, last);
    if (last) write_runs(true);
    if (!to_answer.empty()) answer(to_answer);
    if (now >= tend_at) tend(now);
    if (archive.renewals() != renewals) {  // a new file: what must be in it is missing
        renewals = archive.renewals();
        living = false;
        response_times.begin_anew();
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
    const bool ripe = now >= std::max(changes_written + pace, retry_at);
    if (queue.empty() || !(ripe || at_once)) return;
    std::deque<Transition> batch = std::exchange(queue, {});
    lock.unlock();

    changes_written = now;
    const auto alive = living ? std::optional(now_on_line()) : std::nullopt;
    if (archive.write([&](Journal& journal) { journal.append(records_of(batch), alive); })) {
        for (const Transition& each : batch) ++changes_of[each.component];
        return;
    }
    retry_at = SteadyClock::now() + settings.retry;
    lock.lock();
    // Back to the front of the queue; the oldest are dropped.
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
        records.push_back({each.component, spent_of(each.to, each.error_class),
                           line->at(each.began), line->at(each.decided), each.detail});
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
    const bool ripe = now >= states_ripe();
    if (states.empty() || !(ripe || at_once)) return;
    StateChanges changes = std::exchange(states, {});
    const bool durable = std::exchange(states_at_once, false);
    lock.unlock();

    // The queue before it says how the component got its state.
    write(now, true);
    if (archive.write([&](Journal& journal) {
            std::optional<Synchronously> synchronously;
            if (durable) synchronously.emplace(journal.database());
            journal.save_states(changes, now_on_line());
        }))
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

// What is acknowledged stays on disk, whatever happens to the file meanwhile.
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

// Response times matter less than states: they come last, and may be lost.
void Store::State::write_runs(bool last) {
    std::vector<NewRun> taken;
    {
        const std::lock_guard lock(runs_mutex);
        taken.swap(runs);
    }
    response_times.take(taken, [this](Steady moment) { return line->at(moment); });
    response_times.close(now_on_line());
    if (last) response_times.close_all();
    if (!response_times.waiting()) return;
    archive.write(
        [this](Journal& journal) { response_times.write(journal.database(), journal.tiers()); });
}

std::vector<ResponseStep> Store::State::responses(Tiers& tiers, const std::string& component,
                                                  System from, std::chrono::milliseconds step,
                                                  std::size_t count) {
    const System to = from + step * count;
    if (step >= 1min) {
        auto parts = tiers.parts(component, from, to, step);
        std::ranges::move(response_times.parts(component), std::back_inserter(parts));
        return steps_of(parts, from, step, count);
    }
    auto runs_then = tiers.runs(component, from, to);
    std::ranges::move(response_times.runs(component), std::back_inserter(runs_then));
    std::vector<Tiers::Part> parts;
    for (const Run& run : runs_then) {
        if (!run.answered() || run.at < from) continue;
        parts.push_back({run.at, {}});
        parts.back().times.add(run.took);
    }
    return steps_of(parts, from, step, count);
}

// As if the daemon had ended when it was last seen, and begun again.
void Store::State::write_pauses() {
    std::unique_lock lock(mutex);
    if (pauses.empty() || !living) return;
    const auto taken = std::exchange(pauses, {});
    lock.unlock();
    const bool written = archive.write([&](Journal& journal) {
        Transaction transaction(journal.database());
        for (const auto& [from, to] : taken) {
            journal.spans().alive(line->at(from));
            journal.spans().begin_life(line->at(to));
        }
        journal.spans().alive(now_on_line());
        transaction.commit();
    });
    if (written) return;
    lock.lock();
    pauses.insert(pauses.begin(), taken.begin(), taken.end());
}

// A component that changes constantly would fill the file.
void Store::State::merge_spans() {
    std::vector<std::string> many;
    for (auto& [component, changes] : changes_of)
        if (changes >= Spans::merged_at_once) many.push_back(component);
    for (const std::string& component : many) {
        const bool merged = archive.write([&](Journal& journal) {
            Transaction transaction(journal.database());
            journal.spans().merge(component, now_on_line(), [&](System from, System to) {
                return settings.maintenance ? settings.maintenance(component, from, to)
                                            : std::vector<Stretch>();
            });
            transaction.commit();
        });
        if (merged) changes_of.erase(component);
    }
}

// An earlier process may have left much data: it is read here, where nobody waits for it.
void Store::State::fill_recent() {
    const System now = now_on_line();
    std::optional<Recent::Kept> kept;
    archive.read([&](Journal& journal) {
        kept = journal.spans().kept(now - Recent::reach, now);
        const System line_ended = journal.spans().ended();
        if (!living && line_ended != System::min() && line_ended < began)
            kept->blind.push_back({line_ended, began});
    });
    away = !kept;
    if (!kept) return;
    recent.fill(std::move(*kept));
    archive.read([&](Journal& journal) {
        for (const Tiers::Minute& each : journal.tiers().minutes(now - 90min, minutes_recalled))
            recent.earlier_run(each.component, each.start, each.times.sketch.quantile(0.5), false);
    });
}

void Store::State::tend(SteadyClock::time_point now) {
    tend_at = now + settings.report;
    verify();
    archive.look_around();
    bool more = false;
    const System system = std::chrono::system_clock::now();
    if (const auto leap = line->follow(system, now)) {
        leaps.push_back(*leap);
        recent.leapt(*leap);
    }
    if (!recent.filled()) fill_recent();
    away = !archive.write([&](Journal& journal) {
        const bool believed = wall_clock.believe(system, now);
        if (!living) journal.spans().begin_life(began);
        living = true;
        for (const Stretch& leap : std::exchange(leaps, {})) journal.spans().leap(leap);
        journal.sign_of_life(wall_clock.believed(), line->at(now));
        const auto before = [&](std::chrono::milliseconds kept) {
            return believed ? system - kept : System();
        };
        more = journal.prune({.spans = before(settings.keep),
                              .runs = before(settings.raw),
                              .minutes = before(minutes_kept),
                              .size = settings.size});
        const auto days_kept = believed ? std::optional(settings.keep) : std::nullopt;
        more = journal.tiers().roll(line->at(now), days_kept) || more;
    });
    write_pauses();
    merge_spans();
    write_runs(false);
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
