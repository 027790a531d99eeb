#include "library/core.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <future>
#include <limits>

#include "model/check_error.hpp"
#include "net/context.hpp"

namespace vitals::library {

namespace {

using namespace std::chrono_literals;

// A state handler with a ttl is judged like a check: fresh beats, or failed.
net::awaitable<Outcome> look_at(std::shared_ptr<Cell> cell, std::chrono::milliseconds ttl,
                                net::Context& context) {
    cell->looked_at.store(cell->word.load(std::memory_order_acquire), std::memory_order_relaxed);
    const auto now = context.clock().steady().time_since_epoch().count();
    const auto beat = cell->beat.load(std::memory_order_acquire);
    if (beat != 0 && now - beat > Steady::duration(ttl).count())
        throw CheckError(ErrorClass::timeout,
                         fmt::format("silent for more than {} ms", ttl.count()));
    const std::scoped_lock lock(cell->mutex);
    if (cell->state == nullptr) co_return unknown("not set yet");
    co_return *cell->state;
}

// Signals are for the host's threads: its handlers must not run on a thread of vitals, and a signal
// that it waits for with sigwait must not end the process because a thread of vitals does not block
// it.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

// The core whose callbacks are running on this thread.
thread_local std::vector<const void*> calling_back;

class CallingBack {
  public:
    explicit CallingBack(const void* core) { calling_back.push_back(core); }
    ~CallingBack() { calling_back.pop_back(); }
    CallingBack(const CallingBack&) = delete;
    CallingBack& operator=(const CallingBack&) = delete;
};

}  // namespace

Core::Core(RegistryOptions given)
    : options(std::move(given)),
      environment(loop, std::max<std::size_t>(1, options.handler_threads)),
      // Changes are logged here, in the form of the original system; the engine stays silent.
      engine(std::make_unique<engine::Engine>(environment, clock, hub, Log(), options.service)) {
    engine->on_result([this](const ComponentState& state) { on_result(state); });
    engine->on_transition([this](const Transition& transition) { on_transition(transition); });
}

Core::~Core() {
    close();
}

void Core::start() {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] {
        run();
        end_alone();
    });
}

// If memory is short, the work is not done, and its result becomes stale; the host does not end
// because of it.
void Core::run() {
    for (;;) {
        try {
            deliver_pending();
            loop.run();
            return;
        } catch (const std::exception&) {
            std::this_thread::sleep_for(10ms);
        }
    }
}

void Core::close() {
    // This thread runs the callback, or waits for its end: it cannot be waited for here.
    const bool inside = std::ranges::find(calling_back, this) != calling_back.end();
    {
        const std::scoped_lock lock(mutex_);
        if (std::exchange(closed_, true)) return;
        subscribers_.clear();
        pending_.clear();
        if (inside) ending_ = shared_from_this();
    }
    changed_.notify_all();
    loop.stop();
    if (inside) {
        thread_.detach();
    } else {
        if (thread_.joinable()) thread_.join();
        engine.reset();
    }
    // Objects that handlers use may be destroyed next: handlers that return soon are waited for.
    environment.end_lanes(std::chrono::steady_clock::now() + 500ms);
}

// The last act of the thread, if nobody waits for it.
void Core::end_alone() {
    std::shared_ptr<Core> self;
    {
        const std::scoped_lock lock(mutex_);
        self = std::move(ending_);
    }
    if (self != nullptr) engine.reset();
}

bool Core::closed() {
    const std::scoped_lock lock(mutex_);
    return closed_;
}

void Core::post(std::function<void()> function) {
    const std::scoped_lock lock(mutex_);
    if (!closed_) loop.post(std::move(function));
}

// ---- registering -------------------------------------------------------------------------------

void Core::add(engine::Definition definition) {
    put(std::move(definition), nullptr);
}

// What is known of a component at its registration; for a state handler, its state.
std::shared_ptr<const ComponentState> Core::first_state(std::shared_ptr<const Component> component,
                                                        const Cell* cell) const {
    auto state = std::make_shared<ComponentState>();
    state->component = std::move(component);
    state->observed = clock.steady();
    state->observed_at = state->since = clock.system();
    state->valid_until = Steady::max();
    if (cell != nullptr && cell->state != nullptr) {
        state->last = cell->state;
        state->judged = cell->state->status;
    }
    return state;
}

// Directory and engine change in the same order, even if a name is added and removed at once.
void Core::put(engine::Definition definition, const std::shared_ptr<Cell>& cell) {
    {
        const std::scoped_lock lock(mutex_);
        if (closed_) return;
        Entry& entry = directory.put(definition.component->name);
        const bool self_told = definition.component->kind == "state";
        unshown_.insert_or_assign(definition.component->name,
                                  first_state(definition.component.pointer(), cell.get()));
        any_unshown_ = true;
        loop.post([this, cell, definition = std::move(definition)]() mutable {
            engine->add(std::move(definition));
            if (cell != nullptr) deliver(cell);
        });
        if (cell != nullptr) pending_.reserve(++cells_);
        entry.owner = cell.get();
        entry.self_told = self_told;
        entry.status = cell != nullptr ? cell->status() : Status::unknown;
        entry.valid_until = std::numeric_limits<Steady::rep>::max();
        entry.present = true;
    }
    wake();
}

void Core::add(const std::shared_ptr<Cell>& cell, Options given) {
    const bool has_ttl = given.ttl.has_value();
    if (has_ttl) given.interval = std::clamp(*given.ttl / 4, std::chrono::milliseconds(1), 1000ms);
    // It reports its own state: no run is repeated, and only missing beats make it stale.
    given.failures = given.successes = 1;
    given.valid_for = given.slow_above = std::nullopt;
    given.retry_interval = given.down_interval = std::nullopt;
    engine::Definition definition =
        definition_of(cell->name, has_ttl ? "heartbeat" : "state", given);
    if (has_ttl)
        definition.run = [cell, ttl = *given.ttl](net::Context& context) {
            return look_at(cell, ttl, context);
        };
    std::shared_ptr<Core> former;
    {
        const std::scoped_lock lock(cell->mutex);
        former = cell->core.lock();
        cell->beat = has_ttl ? clock.steady().time_since_epoch().count() : 0;
        cell->has_ttl = has_ttl;
        put(std::move(definition), cell);
        cell->core = weak_from_this();
        cell->entry = directory.find(cell->name);
    }
    // There it would keep its last state for ever.
    if (former != nullptr && former.get() != this) former->remove(cell->name, cell.get());
}

bool Core::remove(std::string_view name, const Cell* only_of) {
    {
        const std::scoped_lock lock(mutex_);
        Entry* entry = directory.find(name);
        if (closed_ || entry == nullptr || !entry->present) return false;
        if (only_of != nullptr && entry->owner != only_of) return false;
        loop.post([this, text = std::string(name)] { engine->remove(text); });
        if (const auto at = unshown_.find(name); at != unshown_.end()) unshown_.erase(at);
        entry->present = false;
        entry->owner = nullptr;
    }
    wake();
    return true;
}

// ---- changes -----------------------------------------------------------------------------------

void Core::changed(const std::shared_ptr<Cell>& cell, Status from, const Outcome& state,
                   bool immediate) {
    {
        const std::scoped_lock lock(mutex_);
        if (closed_) return;
        if (!cell->queued.exchange(true)) pending_.push_back(cell);
        if (!delivery_posted_) {
            try {
                loop.post([this] { deliver_pending(); });
                delivery_posted_ = true;
            } catch (const std::bad_alloc&) {
                // It stays pending, and is sent with the next change, or when the engine next looks
                // at itself.
            }
        }
    }
    // With a ttl the engine judges, and announces the verdict.
    if (!immediate) return;
    announce({cell->name, from, state.status, state.detail},
             state_change_line(cell->name, from, state.status, state.detail));
}

// One by one: what fails half-way is still there for the next time.
void Core::deliver_pending() {
    {
        const std::scoped_lock lock(mutex_);
        delivery_posted_ = false;
        if (delivering_.empty()) {
            delivering_.reserve(pending_.capacity());
            delivering_.swap(pending_);
        }
    }
    while (!delivering_.empty()) {
        deliver(delivering_.back());
        delivering_.pop_back();
    }
}

void Core::deliver(const std::shared_ptr<Cell>& cell) {
    std::shared_ptr<const Outcome> state;
    std::shared_ptr<Core> at;
    bool has_ttl = false;
    cell->queued = false;
    {
        const std::scoped_lock lock(cell->mutex);
        at = cell->core.lock();
        // It is in another registry by now, removed, or replaced by another of that name.
        if (at.get() != this || cell->entry->owner != cell.get()) return;
        state = cell->state;
        has_ttl = cell->has_ttl;
    }
    if (state == nullptr) return;
    if (!has_ttl) {
        engine->push(cell->name, *state);
        return;
    }
    engine->run_now(cell->name, [this, cell](const auto& seen) {
        // The shared run may have looked before the change.
        if (seen != nullptr && cell->looked_at != cell->word)
            loop.post([=, this] { deliver(cell); });
    });
}

void Core::on_result(const ComponentState& state) {
    if (state.component->own) {  // now and then
        deliver_pending();       // what could not be posted
        const std::scoped_lock lock(mutex_);
        return forget_shown(*hub.current());
    }
    Entry* entry = directory.find(state.name());
    if (entry == nullptr || entry->self_told) return;
    entry->valid_until = state.valid_until.time_since_epoch().count();
    entry->status = state.judged;
}

void Core::on_transition(const Transition& transition) {
    const Entry* entry = directory.find(transition.component);
    if (entry == nullptr || entry->self_told) return;
    announce(
        {transition.component, transition.from, transition.to, transition.detail},
        state_change_line(transition.component, transition.from, transition.to, transition.detail));
}

void Core::announce(const Change& change, std::string_view log_line) {
    const auto self = shared_from_this();  // a callback may delete the registry
    if (closed()) return;
    // Exceptions of the host's callbacks end here: they must reach neither the engine nor the code
    // that set a state.
    const auto contained = [this](const auto& call) {
        const CallingBack here(this);
        try {
            call();
        } catch (...) {
            return false;
        }
        return true;
    };
    const auto log = [&](LogLevel level, std::string_view line) {
        if (options.log) contained([&] { options.log(level, line); });
    };
    log(change.to == Status::ok ? LogLevel::info : LogLevel::warning, log_line);
    std::vector<std::shared_ptr<Subscriber>> called;
    {
        const std::scoped_lock lock(mutex_);
        std::erase_if(subscribers_, [](const auto& weak) { return weak.expired(); });
        for (const auto& weak : subscribers_)
            if (auto subscriber = weak.lock()) called.push_back(std::move(subscriber));
    }
    for (const auto& subscriber : called) {
        const std::scoped_lock lock(subscriber->mutex);
        if (closed()) return;
        // A copy: the callback may end its own subscription, and must not be destroyed during a
        // call.
        const auto callback = subscriber->callback;
        if (callback && !contained([&] { callback(change); }))
            log(LogLevel::error, "a callback of on_change threw an exception");
    }
    wake();
}

// ---- reading -----------------------------------------------------------------------------------

Status Core::status(std::string_view name) const {
    const Entry* entry = directory.find(name);
    if (entry == nullptr || !entry->present.load(std::memory_order_acquire))
        throw UnknownComponent(name);
    return entry->read();
}

void Core::forget_shown(const Snapshot& shown) {
    std::erase_if(unshown_, [&](const auto& one) { return shown.find(one.first) != nullptr; });
    any_unshown_ = !unshown_.empty();
}

std::shared_ptr<const Snapshot> Core::snapshot() {
    if (!any_unshown_) return hub.current();
    const std::scoped_lock lock(mutex_);
    auto shown = hub.current();
    forget_shown(*shown);
    if (unshown_.empty()) return shown;
    auto whole = std::make_shared<Snapshot>(*shown);
    for (const auto& [name, state] : unshown_) whole->components.push_back(state);
    std::ranges::sort(whole->components, {}, [](const auto& one) { return one->name(); });
    return whole;
}

void Core::wake() {
    if (waiting_.load() == 0) return;
    // The lock orders this wake-up after the waiter's look: it cannot fall between look and wait.
    {
        const std::scoped_lock lock(mutex_);
    }
    changed_.notify_all();
}

bool Core::wait_for(std::string_view name, Status status, std::chrono::milliseconds at_most) {
    const auto end = std::chrono::steady_clock::now() + std::min(at_most, longest);
    const auto reached = [&] {
        const Entry* entry = directory.find(name);
        return entry != nullptr && entry->present && entry->read() == status;
    };
    ++waiting_;
    std::unique_lock lock(mutex_);
    const bool in_time = changed_.wait_until(lock, end, [&] { return closed_ || reached(); });
    --waiting_;
    const bool is_so = in_time && reached();
    lock.unlock();
    if (is_so) settle();
    return is_so;
}

void Core::settle() {
    if (std::this_thread::get_id() == thread_.get_id()) return;
    const auto shown = std::make_shared<std::promise<void>>();
    const std::future<void> wait = shown->get_future();
    post([this, shown] {
        deliver_pending();
        engine->publish_now();
        shown->set_value();
    });
    wait.wait_for(1s);
}

}  // namespace vitals::library
