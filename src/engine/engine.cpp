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
#include "model/mask.hpp"
#include "model/pause.hpp"

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
constexpr Milliseconds usual_ttl = 60s;  // of a component that a push created
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

Definition created_by_push(std::string name, bool critical, std::optional<Milliseconds> ttl) {
    Definition definition;
    definition.component.name = std::move(name);
    definition.component.kind = "push";
    definition.component.critical = critical;
    definition.component.created_by_push = true;
    definition.dynamic = true;
    definition.ttl = ttl.value_or(usual_ttl);
    return definition;
}

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
        std::optional<Milliseconds> given_ttl;  // with the latest push
        // What it was before this process or definition, until its first result.
        std::optional<RememberedComponent> before;
        bool unkept = false;  // stands in `unkept` of the engine
        Judgement judgement;
        std::shared_ptr<const ComponentState> state;
        Schedule schedule;
        net::Timer timer;
        Steady began{};            // the latest run, or what counts as one
        Steady silent_at{};        // when a pushed component counts as silent
        bool due_again = false;    // a tick came while the run before was about to end
        bool quarantined = false;  // the call under way was met again after its deadline
        std::shared_ptr<net::Kept> kept;
        std::unique_ptr<Flight> flight;
        std::vector<Done> waiting;

        bool in_flight() const { return flight != nullptr && !flight->finished(); }
        // Past its deadline, and whatever it does cannot be stopped.
        bool hung() const { return in_flight() && flight->delivered(); }
        bool pushed() const { return !definition.run && !definition.reported; }
        std::optional<Milliseconds> ttl() const { return given_ttl ? given_ttl : definition.ttl; }
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
        if (one.pushed() && one.ttl()) arm_silence(one, clock.steady() + *one.ttl());
        if (!one.definition.run) return;
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
            // A call that is a little late is no second failing run: the first retry that meets it
            // only looks again.
            if (!woken.tick && !std::exchange(one.quarantined, true)) {
                one.schedule.ran(Pace::retry, now, now);
                arm(one);
                return;
            }
            // Quarantine: no second copy is started, and each turn is a failing run.
            one.quarantined = true;
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
        one.quarantined = false;
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

    void arm_silence(Watched& one, Steady when) {
        one.silent_at = when;
        one.timer.arm(when, [this, &one] {
            notice_pause();
            if (one.silent_at > clock.steady()) return;  // excused
            const Milliseconds ttl = *one.ttl();
            Outcome outcome = failed(
                fmt::format("silent for more than {} s", static_cast<double>(ttl.count()) / 1000.0),
                ErrorClass::timeout);
            arm_silence(one, clock.steady() + ttl);
            finish(one, std::move(outcome));
        });
    }

    // Nobody could be heard while this process was stopped. A component that lost much of its time
    // to live has all of it again.
    void notice_pause() {
        const Steady now = clock.steady();
        const Steady::duration pause = now - std::exchange(turned, now);
        if (pause <= excusing_pause({})) return;
        for (const auto& [name, one] : watched) {
            if (!one->pushed() || !one->ttl() || pause <= excusing_pause(*one->ttl())) continue;
            arm_silence(*one, now + *one->ttl());
            if (one->state->last == nullptr) continue;
            auto after = std::make_shared<ComponentState>(*one->state);
            after->valid_until = now + pushed_validity(one->ttl());
            one->state = std::move(after);
            touch();
        }
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
        return one.pushed() ? pushed_validity(one.ttl())
                            : Steady::duration(one.definition.policy.validity(wanted));
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
        const bool first = before.last == nullptr;
        bool news = first || one.pushed();
        Status from = before.judged;
        if (one.before && (after->judged != Status::unknown || found == Status::unknown)) {
            // It is what it was before, since then; or it changed while nobody looked.
            from = one.before->status;
            if (after->judged == from) after->since = one.before->since;
            one.before.reset();
            news = false;
        }
        const bool changed = after->judged != from;
        if (changed) {
            after->since = after->observed_at;
            ++after->transitions[static_cast<std::size_t>(after->judged)];
        }
        one.state = after;
        if (changed || news) keep(one);
        for (const auto& listener : result_listeners) listener(*after);
        if (changed) tell(*after, from, first);
        touch();
        return wanted;
    }

    // ---- what outlives the process -------------------------------------------------------------

    void keep(Watched& one) {
        if (!keeps) return;
        if (std::exchange(one.unkept, true)) return;
        unkept.push_back(one.component->name);
    }

    static RememberedComponent remembered(const Watched& one, Steady now) {
        const ComponentState& state = *one.state;
        if (one.before) return *one.before;  // until there is a verdict
        RememberedComponent known;
        known.component = state.name();
        known.status = state.judged;
        known.since = state.since;
        known.created_by_push = one.definition.dynamic;
        known.critical = one.component->critical;
        known.ttl = one.definition.dynamic ? one.definition.ttl : one.given_ttl;
        known.failing_runs = state.failing_runs;
        known.passing_runs = state.passing_runs;
        known.observed_at = state.observed_at;
        known.age = state.last == nullptr ? Steady::duration{} : now - state.observed;
        if (one.pushed()) known.last = state.last;
        return known;
    }

    // Of a checked component only its first result tells whether it is what it was.
    void take_up(Watched& one, RememberedComponent known, Steady::duration away) {
        if (!one.pushed() || one.state->last != nullptr) {
            if (one.state->last == nullptr) {
                // What was down recovers by its thresholds, also over a restart.
                one.judgement.down = known.status == Status::failed;
                one.before = std::move(known);
            } else if (one.state->judged == known.status) {
                since(one, known.since);
            }
            return;
        }
        // The time to live of a component that was only created gives way to the configured one.
        if (!one.definition.dynamic && !known.created_by_push) one.given_ttl = known.ttl;
        TakenUp taken = engine::take_up(known, one.component, one.ttl(), clock, away);
        one.state = std::move(taken.state);
        one.judgement = taken.judgement;
        if (one.ttl()) arm_silence(one, taken.silent_at);
        touch();
    }

    void since(Watched& one, System when) {
        auto after = std::make_shared<ComponentState>(*one.state);
        after->since = when;
        one.state = std::move(after);
        touch();
    }

    std::optional<RememberedComponent> known_of(const std::string& name) {
        if (const auto at = watched.find(name); at != watched.end())
            return remembered(*at->second, clock.steady());
        const auto restored = kept_before.extract(name);
        if (restored.empty()) return {};
        return std::move(restored.mapped());
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
        arm_publish(std::max<Steady::duration>(publish_spacing, 2 * publish_cost));
        dirty = true;  // not before: where memory is refused, the next change must try again
    }

    void arm_publish(Steady::duration spacing) {
        publish_timer.arm(std::max(clock.steady(), last_publish + spacing), [this] { publish(); });
    }

    void publish() {
        const Steady begun = clock.steady();
        dirty = true;  // what is reported now needs no publishing of its own
        for (const auto& prepare : preparations) prepare();
        dirty = false;
        publish_timer.cancel();
        last_publish = begun;
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
        snapshot->workers_valid_until = workers_valid_until;
        snapshot->decommission = decommission;
        snapshot->engine = figures;
        snapshot->taken = last_publish;
        snapshot->taken_at = clock.system();
        snapshot->started = started_at;
        hub.publish(std::move(snapshot));
        publish_cost = clock.steady() - begun;
        for (const auto& done : std::exchange(awaited, {})) done();
    }

    // ---- watching itself ---------------------------------------------------------------------

    void watch() {
        watch_due = clock.steady() + watch_interval;
        watch_timer.arm(watch_due, [this] {
            const Steady now = clock.steady();
            lag_now = std::max(lag_now, now - watch_due);
            notice_pause();
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
            definition.reported = true;
            one = std::make_unique<Watched>(std::move(definition), environment.loop());
            one->state = initial(*one);
            if (auto known = kept_before.extract(name)) one->before = std::move(known.mapped());
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

    Watched& put(Definition definition, Steady::duration spread) {
        const std::string name = definition.component.name;
        drop(name);
        dynamic += definition.dynamic ? 1 : 0;
        auto one = std::make_unique<Watched>(std::move(definition), environment.loop());
        one->state = initial(*one);
        Watched& placed = *(watched[name] = std::move(one));
        start(placed, spread);
        touch();
        return placed;
    }

    bool drop(std::string_view name) {
        const auto at = watched.find(name);
        if (at == watched.end()) return false;
        const auto gone = std::move(at->second);
        watched.erase(at);
        dynamic -= gone->definition.dynamic ? 1 : 0;
        if (keeps) dropped.push_back(gone->component->name);
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
    std::size_t dynamic = 0;
    std::map<std::string, RememberedComponent, std::less<>> kept_before;  // until configured
    Steady::duration absent{};                 // before this process, until configured
    bool keeps = false;                        // somebody asks for changes()
    std::vector<std::string> unkept, dropped;  // since the last changes()
    std::vector<std::shared_ptr<const WorkerGroup>> workers;
    Steady workers_valid_until = Steady::max();
    std::vector<std::function<void()>> preparations;
    std::vector<std::function<void()>> awaited;
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
    Steady::duration publish_cost{};
    Steady turned = clock.steady();
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
    const Steady::duration away = std::exchange(state_->absent, {});

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
        auto known = state_->known_of(definition.component.name);
        const bool replaced = at != state_->watched.end();
        State::Watched& placed = state_->put(std::move(definition), spread);
        if (!known) continue;
        state_->take_up(placed, std::move(*known), replaced ? Steady::duration{} : away);
        if (replaced) state_->keep(placed);
    }
    std::erase_if(state_->kept_before, [this](const auto& known) {
        const bool own = known.first.starts_with("vitals/");  // it reports itself later
        if (!own) state_->dropped.push_back(known.first);
        return !own;
    });
    state_->publish();
}

void Engine::restore(std::vector<RememberedComponent> remembered, Steady::duration away) {
    const System now = state_->clock.system();
    constexpr Steady::duration longest = std::chrono::hours(24 * 3650);
    state_->absent = away;
    state_->keeps = true;
    for (RememberedComponent& known : remembered) {
        known.age = std::clamp<Steady::duration>(now - known.observed_at, {}, longest);
        const auto at = state_->watched.find(known.component);
        if (at != state_->watched.end()) {
            state_->take_up(*at->second, std::move(known), away);
        } else if (known.created_by_push) {
            Definition definition = created_by_push(known.component, known.critical, known.ttl);
            state_->take_up(state_->put(std::move(definition), {}), std::move(known), away);
        } else {
            std::string name = known.component;
            state_->kept_before.insert_or_assign(std::move(name), std::move(known));
        }
    }
}

const Definition* Engine::find(std::string_view name) const {
    const auto at = state_->watched.find(name);
    return at == state_->watched.end() ? nullptr : &at->second->definition;
}

std::vector<std::string_view> Engine::names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, one] : state_->watched) names.push_back(name);
    return names;
}

std::size_t Engine::dynamic() const {
    return state_->dynamic;
}

Engine::Changes Engine::changes() {
    Changes changes;
    changes.gone = std::exchange(state_->dropped, {});
    for (const std::string& name : std::exchange(state_->unkept, {})) {
        const auto at = state_->watched.find(name);
        if (at == state_->watched.end()) continue;
        at->second->unkept = false;
        changes.now.push_back(State::remembered(*at->second, state_->clock.steady()));
    }
    return changes;
}

void Engine::all_changed() {
    for (const auto& [name, one] : state_->watched) state_->keep(*one);
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
    if (!one.pushed()) return false;
    one.given_ttl = ttl;
    if (ttl && one.definition.dynamic) one.definition.ttl = ttl;
    if (one.ttl()) state_->arm_silence(one, state_->clock.steady() + *one.ttl());
    state_->finish(one, std::move(outcome));
    return true;
}

bool Engine::report(std::string_view name, Outcome outcome) {
    const auto at = state_->watched.find(name);
    if (at == state_->watched.end() || !at->second->definition.reported) return false;
    state_->finish(*at->second, std::move(outcome));
    return true;
}

void Engine::report_own(std::string_view name, Outcome outcome) {
    // Reported on every change by a part that runs on a thread of its own; it holds until the next.
    state_->own("vitals/" + std::string(name), std::string(name), std::move(outcome), forever);
}

void Engine::changed() {
    state_->touch();
}

void Engine::publish_now() {
    if (!state_->dirty) return;
    state_->publish_timer.cancel();
    state_->publish();
}

void Engine::when_published(std::function<void()> done) {
    if (!state_->dirty) return done();
    state_->awaited.push_back(std::move(done));
    // One hastens for all that come until then.
    if (state_->awaited.size() == 1) state_->arm_publish(2 * state_->publish_cost);
}

void Engine::before_publishing(std::function<void()> prepare) {
    state_->preparations.push_back(std::move(prepare));
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

void Engine::set_workers(std::vector<std::shared_ptr<const WorkerGroup>> workers,
                         Steady valid_until) {
    state_->workers = std::move(workers);
    state_->workers_valid_until = valid_until;
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
