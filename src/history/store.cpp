// What callers pass to the store's thread, and the end of the thread. Everything that crosses is a
// value under one mutex.
#include "history/store.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "history/store_state.hpp"
#include "net/apart.hpp"
#include "text/utf8.hpp"

namespace vitals::history {

namespace {

using namespace std::chrono_literals;

constexpr auto caller_patience = 2s;         // of saved_workers() and the like
constexpr auto end_patience = 1s;            // of the destructor
constexpr auto follows_within = 1s;          // a state that is saved after its transition
constexpr std::size_t detail_limit = 1'024;  // bytes, so that the queue is bounded in bytes

}  // namespace

Store::Store(Settings settings, Log log, Health health)
    : state_(std::make_shared<State>(std::move(settings), std::move(log), std::move(health))) {
    state_->thread = std::thread([state = state_] {
        ::pthread_setname_np(::pthread_self(), "vitals-store");
        // All users of one file in this process share SQLite's descriptors.
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
    // The disk hangs. The thread keeps its state alive, and makes no more calls. If a callback
    // hangs, this cannot be reported.
    const std::unique_lock calling(state_->calling, end_patience);
    state_->gone = true;
    state_->lock_file.unlock();  // the next one does not wait for the disk
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
    if (waiting) return;  // the thread already knows
    state_->workers_since = SteadyClock::now();
    state_->wake.notify_one();
}

std::vector<SavedState> Store::saved_states() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, caller_patience, [this] { return state_->loaded; });
    return std::exchange(state_->saved_states, {});
}

Steady::duration Store::away() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, caller_patience, [this] { return state_->loaded; });
    return state_->absent;
}

void Store::save_states(std::vector<std::string> gone, std::vector<SavedState> states) {
    const std::lock_guard lock(state_->mutex);
    for (const std::string& name : gone) state_->recent.gone(name, SteadyClock::now());
    const bool waiting = !state_->states.empty();
    const auto now = SteadyClock::now();
    const bool at_once = !gone.empty() || now - state_->changed_at < follows_within;
    for (std::string& name : gone) state_->states[std::move(name)].reset();
    const BootTime moment = boot_time();
    for (SavedState& state : states) {
        state.observed = moment;
        state.observed.at -= std::chrono::duration_cast<std::chrono::microseconds>(state.age);
        std::string name = state.component;
        state_->states[std::move(name)] = std::move(state);
    }
    if (state_->states.size() > states_limit) {
        state_->states.clear();
        ++state_->losses;
    }
    if (state_->states.empty() || (waiting && (!at_once || state_->states_at_once)))
        return;  // the thread already knows
    state_->states_at_once = at_once;
    state_->states_due = at_once ? now : now + state_->settings.batch;
    state_->wake.notify_one();
}

unsigned Store::losses() const {
    return state_->losses;
}

void Store::take(const ComponentState& state) {
    if (auto told = state_->recent.result(state)) state_->queue_up(std::move(*told));
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(state.last->duration);
    if (took.count() <= 0 || state.component->own) return;
    const std::lock_guard lock(state_->runs_mutex);
    if (state_->runs.size() == runs_limit) {
        ++state_->runs_lost;
        return;
    }
    state_->runs.push_back(
        {state.component, state.observed, state.last->status, state.last->error_class, took});
}

void Store::compare(const Snapshot& snapshot) {
    for (Transition& told : state_->recent.compare(snapshot)) state_->queue_up(std::move(told));
}

void Store::blind(Steady from, Steady to) {
    state_->recent.blind(from, to);
    const std::lock_guard lock(state_->mutex);
    if (state_->pauses.size() < pauses_limit) state_->pauses.emplace_back(from, to);
}

void Store::append(Transition record) {
    state_->recent.transition(record);
    state_->queue_up(std::move(record));
}

void Store::State::queue_up(Transition record) {
    record.detail.resize(text::cut_utf8(record.detail, detail_limit).size());
    const std::lock_guard lock(mutex);
    if (queue.size() == queue_limit) {
        queue.pop_front();
        ++dropped;
        last_drop = SteadyClock::now();
    }
    queue.push_back(std::move(record));
    changed_at = SteadyClock::now();
    if (queue.size() == 1) wake.notify_one();  // otherwise the thread already knows
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
        std::vector<Past> pasts = journal->spans().pasts({component}, now - back, now);
        state->add_maintenance(pasts.front(), component);
        done(std::move(pasts.front()));
    });
}

void Store::pasts(std::vector<std::string> components, std::chrono::milliseconds back,
                  std::function<void(std::optional<std::vector<Past>>)> done) {
    const System from = at(SteadyClock::now()) - back;
    const auto remembered = [&](const std::string& each) {
        return state_->recent.covers(each, from);
    };
    if (back <= Recent::reach && knows_recent() &&
        (state_->away || std::ranges::all_of(components, remembered)))
        return done(recent_pasts(components, back));
    state_->ask([state = state_.get(), components = std::move(components), back,
                 done = std::move(done)](Journal* journal) {
        if (journal == nullptr) return done(std::nullopt);
        const System now = state->now_on_line();
        std::vector<Past> pasts = journal->spans().pasts(components, now - back, now);
        for (std::size_t i = 0; i < pasts.size(); ++i)
            state->add_maintenance(pasts[i], components[i]);
        done(std::move(pasts));
    });
}

void Store::responses(std::string component, System from, std::chrono::milliseconds step,
                      std::size_t count,
                      std::function<void(std::optional<std::vector<ResponseStep>>)> done) {
    state_->ask([state = state_.get(), component = std::move(component), from, step, count,
                 done = std::move(done)](Journal* journal) {
        if (journal == nullptr) return done(std::nullopt);
        done(state->responses(journal->tiers(), component, from, step, count));
    });
}

std::vector<Past> Store::recent_pasts(const std::vector<std::string>& components,
                                      std::chrono::milliseconds back) const {
    const System now = at(SteadyClock::now());
    std::vector<Past> pasts;
    pasts.reserve(components.size());
    for (const std::string& each : components) {
        pasts.push_back(state_->recent.past(each, now - back, now));
        state_->add_maintenance(pasts.back(), each);
    }
    return pasts;
}

bool Store::knows_recent() const {
    return state_->recent.filled() || state_->away;
}

std::vector<UsualTimes> Store::usual(const std::vector<std::string>& components) const {
    const System now = at(SteadyClock::now());
    std::vector<UsualTimes> times;
    times.reserve(components.size());
    for (const std::string& each : components) times.push_back(state_->recent.usual(each, now));
    return times;
}

System Store::at(Steady moment) const {
    return state_->recent.at(moment);
}

void Store::State::add_maintenance(Past& past, std::string_view component) const {
    if (settings.maintenance) past.planned = settings.maintenance(component, past.from, past.now);
}

void Store::changes(std::string component, System before, std::size_t limit,
                    std::function<void(std::optional<std::vector<PastChange>>)> done) {
    state_->ask([component = std::move(component), before, limit,
                 done = std::move(done)](Journal* journal) {
        if (journal == nullptr) return done(std::nullopt);
        done(journal->spans().changes(component, before, limit));
    });
}

}  // namespace vitals::history
