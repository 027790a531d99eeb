// The scheduler.
//
// Every component has one timer that fires at its cadence and at most one flight. A result passes
// through the thresholds into a new immutable state; states are gathered into a snapshot at most a
// hundred times a second, however many results arrive.
#include "engine/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/schedule.hpp"
#include "model/masked.hpp"

namespace vitals::engine {

namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

constexpr auto publish_spacing = 10ms;
constexpr auto watch_interval = 250ms;
constexpr auto report_interval = 1s;
constexpr auto engine_valid_for = 5s;
// Below it a late loop is a busy machine, not a broken engine: no deadline is missed by it.
constexpr auto lag_worth_telling = 1s;
constexpr auto missed_ticks_remembered = 60s;
// A pushed component's timer turns it failed in time; validity is the net below it.
constexpr auto push_grace = 5s;
constexpr Steady::duration forever = std::chrono::hours(24 * 365 * 100);

// A fraction in [0, 1) that is the same at every start (FNV-1a): components keep their places.
double fraction_of(std::string_view name) {
    std::uint64_t hash = 14695981039346656037ull;
    for (const char c : name) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211ull;
    }
    return static_cast<double>((hash >> 11) & 0xffffffff) / 4294967296.0;
}

}  // namespace

struct Engine::State {
    struct Watched {
        Watched(Definition given, net::Loop& loop)
            : definition(std::move(given)),
              component(std::make_shared<Component>(definition.component)),
              schedule(definition.policy, fraction_of(component->name)),
              timer(loop),
              kept(std::make_shared<net::Kept>(definition.policy.interval)) {}

        Definition definition;
        std::shared_ptr<const Component> component;
        Judgement judgement;
        std::shared_ptr<const ComponentState> state;
        Schedule schedule;
        net::Timer timer;
        Steady began{};          // the latest run, or what counts as one
        bool due_again = false;  // a tick came while the run before was about to end
        std::shared_ptr<net::Kept> kept;
        std::unique_ptr<Flight> flight;
        std::vector<Done> waiting;

        bool in_flight() const { return flight != nullptr && !flight->finished(); }
        // Past its deadline, and whatever it does cannot be stopped.
        bool hung() const { return in_flight() && flight->delivered(); }
    };

    State(net::Environment& environment, Clock& clock, Hub& hub, Log log, Service service)
        : environment(environment),
          clock(clock),
          hub(hub),
          log(std::move(log)),
          service(std::move(service)),
          started_at(clock.steady()),
          publish_timer(environment.loop()),
          watch_timer(environment.loop()) {}

    // ---- schedule ----------------------------------------------------------------------------

    void start(Watched& one, Steady::duration spread) {
        if (!one.definition.run) {
            if (one.definition.ttl) arm_silence(one);
            return;
        }
        one.schedule.start(clock.steady(), spread);
        arm(one);
    }

    void arm(Watched& one) {
        one.timer.arm(one.schedule.next(), [this, &one] { wake(one); });
    }

    void wake(Watched& one) {
        const Steady now = clock.steady();
        const Schedule::Wake woken = one.schedule.wake(now);
        lag_now = std::max(lag_now, woken.late);
        if (woken.missed > 0) {
            figures.missed_ticks += woken.missed;
            missed_at = now;
        }
        arm(one);
        if (one.hung()) {
            // Quarantine: no second copy is started, and each turn is a failing run.
            one.began = now;
            const std::string& phase = one.flight->phase();
            Outcome outcome = failed(phase.empty() ? "hung" : "hung in " + phase,
                                     ErrorClass::timeout, "the run before has not ended");
            outcome.failed_phase = phase;
            finish(one, std::move(outcome));
        } else if (one.in_flight()) {
            one.due_again = woken.tick;
        } else {
            begin(one);
        }
    }

    void begin(Watched& one) {
        if (one.in_flight()) return;
        one.due_again = false;
        one.began = clock.steady();
        one.flight = std::make_unique<Flight>(
            environment, clock, one.component->name, one.component->kind, one.definition.run,
            one.definition.policy.timeout,
            [this, &one](Outcome outcome) { finish(one, std::move(outcome)); },
            [this, &one] { ended(one); }, one.kept);
    }

    void ended(Watched& one) {
        // A tick fell into the last moments of the run: its turn is now, unless the next is near.
        if (!one.due_again || one.in_flight()) return;
        one.due_again = false;
        if (one.schedule.has_room(clock.steady())) begin(one);
    }

    // The next run may be wanted sooner or later than it was, and in doubt not on a connection that
    // the doubt may be about.
    void pace(Watched& one, Pace wanted) {
        const Steady before = one.schedule.next();
        one.schedule.ran(wanted, one.began, clock.steady());
        if (one.schedule.next() != before) arm(one);
        if (wanted == Pace::retry) one.kept->clear();
    }

    void arm_silence(Watched& one) {
        const Milliseconds ttl = *one.definition.ttl;
        one.timer.arm(clock.steady() + ttl, [this, &one, ttl] {
            Outcome outcome = failed(
                fmt::format("silent for more than {} s", static_cast<double>(ttl.count()) / 1000.0),
                ErrorClass::timeout);
            arm_silence(one);
            finish(one, std::move(outcome));
        });
    }

    // ---- results -----------------------------------------------------------------------------

    void finish(Watched& one, Outcome outcome) {
        const Policy& policy = one.definition.policy;
        if (policy.slow_above && outcome.status == Status::ok &&
            outcome.duration > *policy.slow_above) {
            outcome.status = Status::degraded;
            outcome.detail =
                fmt::format("slow: {} ms, more than {} ms",
                            std::chrono::duration_cast<Milliseconds>(outcome.duration).count(),
                            policy.slow_above->count());
        }
        const Pace wanted = take(one, std::move(outcome));
        if (one.definition.run) pace(one, wanted);
        std::vector<Done> waiting = std::exchange(one.waiting, {});
        const auto state = one.state;
        for (const Done& done : waiting) done(state);
    }

    static Steady::duration validity(const Watched& one, Pace wanted) {
        const Definition& definition = one.definition;
        if (definition.run) return definition.policy.validity(wanted);
        return definition.ttl ? *definition.ttl + Milliseconds(push_grace) : forever;
    }

    // Thresholds, counts, the transition log; then the new state stands.
    Pace take(Watched& one, Outcome outcome, std::optional<Steady::duration> valid_for = {}) {
        mask(outcome);
        const ComponentState& before = *one.state;
        const Status found = outcome.status;
        one.judgement = judge(one.judgement, found, one.definition.policy);
        const Pace wanted = pace_after(one.judgement, found);

        auto after = std::make_shared<ComponentState>(before);
        after->judged = one.judgement.status;
        after->failing_runs = one.judgement.failing_runs;
        after->passing_runs = one.judgement.passing_runs;
        after->observed = clock.steady();
        after->observed_at = clock.system();
        after->valid_until = after->observed + valid_for.value_or(validity(one, wanted));
        ++after->runs[static_cast<std::size_t>(found)];
        after->last = std::make_shared<Outcome>(std::move(outcome));
        const bool changed = after->judged != before.judged;
        if (changed) {
            after->since = after->observed_at;
            ++after->transitions[static_cast<std::size_t>(after->judged)];
        }
        const bool first = before.last == nullptr;
        const Status from = before.judged;
        one.state = after;
        for (const auto& listener : result_listeners) listener(*after);
        if (changed) tell(*after, from, first);
        touch();
        return wanted;
    }

    void tell(const ComponentState& state, Status from, bool first) {
        const Status to = state.judged;
        std::string line =
            fmt::format("{}: {} -> {}", state.name(), to_string(from), to_string(to));
        const std::string detail = state.detail(state.observed);
        if (!detail.empty()) line += " (" + detail + ")";
        if (!state.last->error.empty()) line += ": " + state.last->error;
        std::replace(line.begin(), line.end(), '\n', ' ');
        const LogLevel good = first ? LogLevel::debug : LogLevel::info;
        if (log) log(to == Status::ok ? good : LogLevel::warning, line);
        const Transition transition{state.name(), from, to, detail, state.observed_at};
        for (const auto& listener : listeners) listener(transition);
    }

    // ---- publishing --------------------------------------------------------------------------

    void touch() {
        if (dirty) return;
        publish_timer.arm(std::max(clock.steady(), last_publish + publish_spacing),
                          [this] { publish(); });
        dirty = true;  // not before: where memory is refused, the next change must try again
    }

    void publish() {
        dirty = false;
        last_publish = clock.steady();
        auto snapshot = std::make_shared<Snapshot>();
        snapshot->version = hub.version() + 1;
        snapshot->service = service;
        snapshot->components.reserve(watched.size());
        bool dependencies = false;
        for (const auto& [name, one] : watched) {
            snapshot->components.push_back(one->state);
            dependencies = dependencies || !one->component->depends_on.empty();
        }
        if (dependencies) snapshot->causes = root_causes(snapshot->components);
        snapshot->workers = workers;
        snapshot->decommission = decommission;
        snapshot->engine = figures;
        snapshot->taken = last_publish;
        snapshot->taken_at = clock.system();
        snapshot->started = started_at;
        hub.publish(std::move(snapshot));
    }

    // ---- watching itself ---------------------------------------------------------------------

    void watch() {
        watch_due = clock.steady() + watch_interval;
        watch_timer.arm(watch_due, [this] {
            const Steady now = clock.steady();
            lag_now = std::max(lag_now, now - watch_due);
            watch();  // first: what is refused memory below must not end the watch
            if (now - last_report >= report_interval) {
                rearm_lost();
                report();
            }
        });
    }

    // A tick that could not be armed for want of memory would be the component's last.
    void rearm_lost() {
        const Steady lost = clock.steady() - report_interval;
        for (const auto& [name, one] : watched)
            if (one->definition.run && one->schedule.next() < lost) arm(*one);
        if (dirty && last_publish < lost) publish();
    }

    void report() {
        const Steady now = clock.steady();
        last_report = now;
        figures.lag = std::exchange(lag_now, Steady::duration{});
        figures.running = 0;
        figures.hung = 0;
        std::string full;
        for (const net::LaneFigures& lane : environment.lanes()) {
            figures.hung += lane.hung;
            if (lane.limit > 0 && lane.hung >= lane.limit) full = lane.kind;
        }
        for (const auto& [name, one] : watched) figures.running += one->in_flight() ? 1u : 0u;

        Outcome outcome = ok();
        if (figures.lag > lag_worth_telling)
            outcome = degraded(
                fmt::format("the scheduler woke {} ms late",
                            std::chrono::duration_cast<Milliseconds>(figures.lag).count()));
        else if (missed_at && now - *missed_at < missed_ticks_remembered)
            outcome = degraded("runs were missed within the last minute");
        else if (!full.empty())
            outcome = degraded("every thread for checks of kind " + full + " hangs");
        own("vitals/engine", "engine", std::move(outcome), engine_valid_for);
    }

    void own(const std::string& name, std::string kind, Outcome outcome,
             Steady::duration valid_for) {
        auto& one = watched[name];
        if (one == nullptr) {
            Definition definition;
            definition.component.name = name;
            definition.component.kind = std::move(kind);
            definition.component.critical = name == "vitals/engine";
            definition.component.own = true;
            one = std::make_unique<Watched>(std::move(definition), environment.loop());
            one->state = initial(*one);
        }
        take(*one, std::move(outcome), valid_for);
    }

    std::shared_ptr<const ComponentState> initial(const Watched& one) const {
        auto state = std::make_shared<ComponentState>();
        state->component = one.component;
        state->since = clock.system();
        state->valid_until = Steady::max();
        return state;
    }

    // ---- what is watched ---------------------------------------------------------------------

    void put(Definition definition, Steady::duration spread) {
        const std::string name = definition.component.name;
        drop(name);
        auto one = std::make_unique<Watched>(std::move(definition), environment.loop());
        one->state = initial(*one);
        Watched& placed = *(watched[name] = std::move(one));
        start(placed, spread);
        touch();
    }

    bool drop(std::string_view name) {
        const auto at = watched.find(name);
        if (at == watched.end()) return false;
        const auto gone = std::move(at->second);
        watched.erase(at);
        touch();
        for (const Done& done : std::exchange(gone->waiting, {})) done(nullptr);
        return true;
    }

    net::Environment& environment;
    Clock& clock;
    Hub& hub;
    Log log;
    Service service;
    Steady started_at;
    std::map<std::string, std::unique_ptr<Watched>, std::less<>> watched;
    std::vector<std::shared_ptr<const WorkerGroup>> workers;
    std::vector<std::function<void(const Transition&)>> listeners;
    std::vector<std::function<void(const ComponentState&)>> result_listeners;
    Decommission decommission;
    EngineFigures figures;
    Steady::duration lag_now{};
    std::optional<Steady> missed_at;
    net::Timer publish_timer;
    net::Timer watch_timer;
    Steady watch_due{};
    Steady last_report{};
    Steady last_publish{};
    bool dirty = false;
};

Engine::Engine(net::Environment& environment, Clock& clock, Hub& hub, Log log, Service service)
    : state_(std::make_unique<State>(environment, clock, hub, std::move(log), std::move(service))) {
    state_->report();
    state_->watch();
    state_->publish();
}

Engine::~Engine() = default;

void Engine::configure(std::vector<Definition> definitions) {
    std::vector<std::string> gone;
    std::map<std::string_view, const Definition*> wanted;
    for (const Definition& definition : definitions)
        wanted.emplace(definition.component.name, &definition);
    for (const auto& [name, one] : state_->watched)
        if (!one->component->own && !one->definition.dynamic && !wanted.contains(name))
            gone.push_back(name);
    for (const std::string& name : gone) state_->drop(name);

    // A few start at once; many within a second.
    const Steady::duration spread = std::min<Steady::duration>(
        900ms, std::chrono::milliseconds(1) * static_cast<Milliseconds::rep>(definitions.size()));
    for (Definition& definition : definitions) {
        const auto at = state_->watched.find(definition.component.name);
        if (at != state_->watched.end() && !at->second->definition.dynamic &&
            at->second->definition.fingerprint == definition.fingerprint) {
            // The same component: its state and schedule stay; its run may hold fresher secrets,
            // and what runs have kept so far, or one under way will keep, stands on older ones.
            at->second->definition.run = std::move(definition.run);
            at->second->kept->clear();
            at->second->kept = std::make_shared<net::Kept>(at->second->definition.policy.interval);
            continue;
        }
        state_->put(std::move(definition), spread);
    }
    state_->publish();
}

void Engine::add(Definition definition) {
    state_->put(std::move(definition), {});
}

bool Engine::remove(std::string_view name) {
    return state_->drop(name);
}

void Engine::run_now(std::string_view name, Done done) {
    const auto at = state_->watched.find(name);
    if (at == state_->watched.end()) return done(nullptr);
    State::Watched& one = *at->second;
    if (!one.definition.run || one.hung()) return done(one.state);
    one.waiting.push_back(std::move(done));
    state_->begin(one);
}

bool Engine::push(std::string_view name, Outcome outcome, std::optional<Milliseconds> ttl) {
    const auto at = state_->watched.find(name);
    if (at == state_->watched.end()) return false;
    State::Watched& one = *at->second;
    if (one.definition.run || one.component->own) return false;
    if (ttl) one.definition.ttl = ttl;
    if (one.definition.ttl) state_->arm_silence(one);
    state_->finish(one, std::move(outcome));
    return true;
}

void Engine::report_own(std::string_view name, Outcome outcome) {
    // Reported on every change by a part that runs on a thread of its own; it holds until the next.
    state_->own("vitals/" + std::string(name), std::string(name), std::move(outcome), forever);
}

void Engine::publish_now() {
    if (!state_->dirty) return;
    state_->publish_timer.cancel();
    state_->publish();
}

void Engine::decommission(Decommission decommission) {
    if (decommission == state_->decommission) return;
    state_->decommission = std::move(decommission);
    state_->publish();
}

void Engine::set_service(Service service) {
    state_->service = std::move(service);
    state_->touch();
}

void Engine::set_workers(std::vector<std::shared_ptr<const WorkerGroup>> workers) {
    state_->workers = std::move(workers);
    state_->touch();
}

void Engine::on_transition(std::function<void(const Transition&)> listener) {
    state_->listeners.push_back(std::move(listener));
}

void Engine::on_result(std::function<void(const ComponentState&)> listener) {
    state_->result_listeners.push_back(std::move(listener));
}

bool Engine::started() const {
    return std::all_of(state_->watched.begin(), state_->watched.end(),
                       [](const auto& entry) { return entry.second->state->last != nullptr; });
}

}  // namespace vitals::engine
