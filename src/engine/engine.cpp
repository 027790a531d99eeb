// Which components there are, and how outcomes get into snapshots. A checked component has a
// runner; a pushed one has a timer for its silence. judged.cpp judges every outcome, whatever its
// source. One file: State is the whole inside of the engine, and nothing else may see it.
#include "engine/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_set>
#include <utility>

#include "engine/publisher.hpp"
#include "engine/self_watch.hpp"
#include "engine/watched.hpp"
#include "model/pause.hpp"

namespace vitals::engine {

namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

constexpr auto watch_interval = 250ms;
constexpr auto report_interval = 1s;
constexpr auto engine_valid_for = 5s;
constexpr Steady::duration forever = std::chrono::hours(24 * 365 * 100);

}  // namespace

struct Engine::State {
    State(net::Environment& environment, Clock& clock, Hub& hub, Log log, Service service)
        : environment(environment),
          clock(clock),
          log(std::move(log)),
          service(std::move(service)),
          started_at(clock.steady()),
          publisher(environment.loop(), clock, hub, [this] { return snapshot(); }),
          watch_timer(environment.loop()) {}

    // ---- components ----------------------------------------------------------------------

    Watched& insert(Definition definition, Steady::duration spread) {
        const std::string name = definition.component->name;
        erase(name);
        dynamic += definition.dynamic ? 1 : 0;
        ++generation;
        Watched& one = *(watched[name] = std::make_unique<Watched>(
                             std::move(definition), environment.loop(), clock.system()));
        if (one.pushed() && one.ttl()) arm_silence(one, clock.steady() + *one.ttl());
        if (one.definition.run) {
            one.runner = std::make_unique<Runner>(
                environment, clock, one.definition.component.pointer(), one.definition.policy,
                one.definition.run,
                Runner::Owner{
                    [this, &one](Outcome outcome) {
                        const Pace wanted = take(one, std::move(outcome)).wanted;
                        return Runner::Owner::Taken{wanted, one.judged.state()};
                    },
                    [this](const Schedule::Wake& woken) { self.woke(woken, clock.steady()); },
                    [this] { return self.may_begin(clock.steady()); }},
                least_busy());
            one.runner->start(spread);
        }
        publisher.changed();
        return one;
    }

    // Null: runs are carried out on the engine's own loop.
    Shard* least_busy() {
        const auto at = std::ranges::min_element(
            shards, {}, [](const auto& shard) { return shard->components; });
        return at == shards.end() ? nullptr : at->get();
    }

    bool erase(std::string_view name) {
        const auto at = watched.find(name);
        if (at == watched.end()) return false;
        const auto gone = std::move(at->second);
        watched.erase(at);
        ++generation;
        dynamic -= gone->definition.dynamic ? 1 : 0;
        if (saves) erased.push_back(gone->definition.component->name);
        publisher.changed();
        if (gone->runner) gone->runner->dismiss();
        return true;
    }

    // ---- results -----------------------------------------------------------------------------

    Judged::Verdict take(Watched& one, Outcome outcome,
                         std::optional<Steady::duration> valid_for = {}) {
        if (one.pushed()) valid_for = pushed_validity(one.ttl());
        const Judged::Verdict verdict = one.judged.take(std::move(outcome), one.definition.policy,
                                                        clock.steady(), clock.system(), valid_for);
        const auto state = one.judged.state();
        if (verdict.changed || (!verdict.resumed && (verdict.first || one.pushed()))) save(one);
        for (const auto& listener : result_listeners) listener(*state);
        if (verdict.changed) announce(*state, verdict);
        publisher.changed();
        return verdict;
    }

    void announce(const ComponentState& state, const Judged::Verdict& verdict) {
        const LogLevel good = verdict.first ? LogLevel::debug : LogLevel::info;
        const Transition transition{.component = state.name(),
                                    .from = verdict.from,
                                    .to = state.judged,
                                    .detail = state.detail(state.observed),
                                    .at = state.observed_at,
                                    .error = state.last->error,
                                    .error_class = state.last->error_class,
                                    .lasted = verdict.lasted,
                                    .first = verdict.first,
                                    .decided = state.observed,
                                    .began = verdict.began};
        if (log)
            log(state.judged == Status::ok ? good : LogLevel::warning, transition_line(transition));
        for (const auto& listener : transition_listeners) listener(transition);
    }

    // ---- silence of what is pushed -------------------------------------------------------------

    void arm_silence(Watched& one, Steady when) {
        one.silent_at = when;
        one.silence_timer->arm(when, [this, &one] {
            notice_pause();
            if (one.silent_at > clock.steady()) return;  // excused
            const Milliseconds ttl = *one.ttl();
            Outcome outcome = failed(
                fmt::format("silent for more than {} s", static_cast<double>(ttl.count()) / 1000.0),
                ErrorClass::timeout);
            if (judge_silence) {
                Silence silence = judge_silence(one.definition.component->name);
                if (silence.again_at) return await_push(one, *silence.again_at);
                if (silence.instead) outcome = *std::move(silence.instead);
            }
            arm_silence(one, clock.steady() + ttl);
            take(one, std::move(outcome));
        });
    }

    void await_push(Watched& one, Steady until) {
        arm_silence(one, until);
        if (one.state().last == nullptr) return;
        one.judged.set_valid_until(until + pushed_validity(Milliseconds(0)));
        publisher.changed();
    }

    // While this process was stopped, no push could arrive. A component that lost much of its time
    // to live gets all of it again.
    void notice_pause() {
        const Steady now = clock.steady();
        const Steady::duration pause = now - std::exchange(turned, now);
        if (pause <= excusing_pause({})) return;
        for (const auto& [name, one] : watched) {
            if (!one->pushed() || !one->ttl() || pause <= excusing_pause(*one->ttl())) continue;
            arm_silence(*one, now + *one->ttl());
            if (one->state().last == nullptr) continue;
            one->judged.set_valid_until(now + pushed_validity(one->ttl()));
            publisher.changed();
        }
    }

    // ---- what outlives the process -------------------------------------------------------------

    void save(Watched& one) {
        if (!saves) return;
        if (std::exchange(one.unsaved, true)) return;
        unsaved.push_back(one.definition.component->name);
    }

    // For a checked component, only its first result tells whether its status is still the same.
    void take_up(Watched& one, RememberedComponent known, Steady::duration away) {
        if (one.state().last != nullptr) {
            if (one.state().judged == known.status) {
                one.judged.set_since(known.since);
                publisher.changed();
            }
            return;
        }
        if (!one.pushed()) return one.judged.resume(std::move(known));
        // The configured time to live replaces that of a component that a push created.
        if (!one.definition.dynamic && !known.created_by_push) one.given_ttl = known.ttl;
        TakenUp taken =
            engine::take_up(known, one.definition.component.pointer(), one.ttl(), clock, away);
        const Steady silent_at = taken.silent_at;
        one.judged.resume(std::move(taken));
        if (one.ttl()) arm_silence(one, silent_at);
        publisher.changed();
    }

    std::optional<RememberedComponent> known_of(const std::string& name) {
        if (const auto at = watched.find(name); at != watched.end())
            return at->second->remembered(clock.steady());
        const auto known = restored.extract(name);
        if (known.empty()) return {};
        return std::move(known.mapped());
    }

    // ---- snapshots -----------------------------------------------------------------------------

    std::shared_ptr<Snapshot> snapshot() const {
        auto made = std::make_shared<Snapshot>();
        made->service = service;
        made->components.reserve(watched.size());
        bool dependencies = false;
        for (const auto& [name, one] : watched) {
            made->components.push_back(one->judged.state());
            dependencies = dependencies || !one->definition.component->depends_on.empty();
        }
        if (dependencies) made->causes = root_causes(made->components);
        made->workers = workers;
        made->workers_valid_until = workers_valid_until;
        made->decommission = decommission;
        made->engine = self.figures();
        made->started = started_at;
        return made;
    }

    // ---- watching itself -----------------------------------------------------------------------

    void watch() {
        const Steady due = clock.steady() + watch_interval;
        watch_timer.arm(due, [this, due] {
            const Steady now = clock.steady();
            self.woke_late(now - due);
            for (const auto& shard : shards) {
                self.shard_turned_late(shard->late(now));
                shard->ask(now, clock);
            }
            notice_pause();
            watch();  // first: a lack of memory below must not end the watch
            if (now - last_report < report_interval) return;
            // If memory is too short to arm the timer, this turn would be the last.
            const Steady lost = now - report_interval;
            for (const auto& [name, one] : watched)
                if (one->runner) one->runner->rearm_if_due_before(lost);
            publisher.publish_if_left_since(lost);
            report();
        });
    }

    void report() {
        last_report = clock.steady();
        std::uint64_t running = 0;
        for (const auto& [name, one] : watched) running += one->running() ? 1u : 0u;
        std::vector<net::LaneFigures> lanes = environment.lanes();
        for (const auto& shard : shards) std::ranges::copy(shard->lanes(), back_inserter(lanes));
        report_part("vitals/engine", "engine", self.report(last_report, lanes, running),
                    engine_valid_for);
    }

    // What a part of vitals reports of itself.
    void report_part(const std::string& name, std::string kind, Outcome outcome,
                     Steady::duration valid_for) {
        auto& one = watched[name];
        if (one == nullptr) {
            Definition definition;
            Component& component = definition.component.edit();
            component.name = name;
            component.kind = std::move(kind);
            component.critical = name == "vitals/engine";
            component.own = true;
            definition.reported = true;
            one = std::make_unique<Watched>(std::move(definition), environment.loop(),
                                            clock.system());
            if (auto known = restored.extract(name)) one->judged.resume(std::move(known.mapped()));
        }
        take(*one, std::move(outcome), valid_for);
    }

    net::Environment& environment;
    Clock& clock;
    Log log;
    Service service;
    Steady started_at;
    Publisher publisher;
    SelfWatch self;
    std::vector<std::unique_ptr<Shard>> shards;  // outlive what is watched
    std::map<std::string, std::unique_ptr<Watched>, std::less<>> watched;
    std::size_t dynamic = 0;
    std::uint64_t generation = 1;
    std::map<std::string, RememberedComponent, std::less<>> restored;  // until configured
    Steady::duration absent{};                                         // likewise
    bool saves = false;                                                // changes() is used
    std::vector<std::string> unsaved, erased;                          // since the last changes()
    std::vector<std::shared_ptr<const WorkerGroup>> workers;
    Steady workers_valid_until = Steady::max();
    std::vector<std::function<void(const Transition&)>> transition_listeners;
    std::vector<std::function<void(const ComponentState&)>> result_listeners;
    std::function<Silence(const std::string& component)> judge_silence;
    Decommission decommission;
    net::Timer watch_timer;
    Steady last_report{};
    Steady turned = clock.steady();
};

Engine::Engine(net::Environment& environment, Clock& clock, Hub& hub, Log log, Service service)
    : state_(std::make_unique<State>(environment, clock, hub, std::move(log), std::move(service))) {
    state_->report();
    state_->watch();
    state_->publisher.publish();
}

Engine::~Engine() = default;

void Engine::use_shards(std::size_t count, const Shard::MakeEnvironment& make) {
    for (std::size_t i = 0; i < count; ++i)
        state_->shards.push_back(std::make_unique<Shard>(state_->environment.loop(), make));
}

void Engine::configure(std::vector<Definition> definitions) {
    std::vector<std::string> gone;
    std::unordered_set<std::string_view> wanted;
    wanted.reserve(definitions.size());
    for (const Definition& definition : definitions) wanted.insert(definition.component->name);
    for (const auto& [name, one] : state_->watched)
        if (!one->definition.component->own && !one->definition.dynamic && !wanted.contains(name))
            gone.push_back(name);
    for (const std::string& name : gone) state_->erase(name);
    const Steady::duration away = std::exchange(state_->absent, {});

    // A few start at once; many are spread over a second.
    const Steady::duration spread = std::min<Steady::duration>(
        900ms, std::chrono::milliseconds(1) * static_cast<Milliseconds::rep>(definitions.size()));
    for (Definition& definition : definitions) {
        const auto at = state_->watched.find(definition.component->name);
        if (at != state_->watched.end() && !at->second->definition.dynamic &&
            at->second->definition.fingerprint == definition.fingerprint) {
            // The same component: its state and schedule stay. Its run may have fresher secrets,
            // and others have come that a selector in it means.
            at->second->definition.component = definition.component;
            at->second->judged.describe(definition.component.pointer());
            at->second->definition.run = definition.run;
            if (at->second->runner)
                at->second->runner->replace(definition.component.pointer(),
                                            std::move(definition.run));
            continue;
        }
        auto known = state_->known_of(definition.component->name);
        const bool replaced = at != state_->watched.end();
        Watched& inserted = state_->insert(std::move(definition), spread);
        if (!known) continue;
        state_->take_up(inserted, std::move(*known), replaced ? Steady::duration{} : away);
        if (replaced) state_->save(inserted);
    }
    std::erase_if(state_->restored, [this](const auto& known) {
        const bool own = known.first.starts_with("vitals/");  // it reports itself later
        if (!own) state_->erased.push_back(known.first);
        return !own;
    });
    state_->publisher.publish();
}

void Engine::restore(std::vector<RememberedComponent> remembered, Steady::duration away) {
    state_->absent = away;
    state_->saves = true;
    for (RememberedComponent& known : remembered) {
        const auto at = state_->watched.find(known.component);
        if (at != state_->watched.end()) {
            state_->take_up(*at->second, std::move(known), away);
        } else if (known.created_by_push) {
            Definition definition = created_by_push(known.component, known.critical, known.ttl);
            state_->take_up(state_->insert(std::move(definition), {}), std::move(known), away);
        } else {
            std::string name = known.component;
            state_->restored.insert_or_assign(std::move(name), std::move(known));
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

std::vector<std::shared_ptr<const Component>> Engine::components() const {
    std::vector<std::shared_ptr<const Component>> components;
    components.reserve(state_->watched.size());
    for (const auto& [name, one] : state_->watched)
        components.push_back(one->definition.component.pointer());
    return components;
}

const ComponentState* Engine::state(std::string_view name) const {
    const auto at = state_->watched.find(name);
    return at == state_->watched.end() ? nullptr : &at->second->state();
}

const std::vector<std::shared_ptr<const WorkerGroup>>& Engine::workers() const {
    return state_->workers;
}

std::uint64_t Engine::generation() const {
    return state_->generation;
}

Engine::Changes Engine::changes() {
    Changes changes;
    changes.gone = std::exchange(state_->erased, {});
    for (const std::string& name : std::exchange(state_->unsaved, {})) {
        const auto at = state_->watched.find(name);
        if (at == state_->watched.end()) continue;
        at->second->unsaved = false;
        changes.now.push_back(at->second->remembered(state_->clock.steady()));
    }
    return changes;
}

void Engine::all_changed() {
    for (const auto& [name, one] : state_->watched) state_->save(*one);
}

void Engine::add(Definition definition) {
    state_->insert(std::move(definition), {});
}

bool Engine::remove(std::string_view name) {
    return state_->erase(name);
}

void Engine::run_now(std::string_view name, Done done) {
    const auto at = state_->watched.find(name);
    if (at == state_->watched.end()) return done(nullptr);
    Runner* const runner = at->second->runner.get();
    if (runner == nullptr || runner->hung()) return done(at->second->judged.state());
    runner->run_now(std::move(done));
}

bool Engine::push(std::string_view name, Outcome outcome, std::optional<Milliseconds> ttl,
                  Steady::duration age) {
    const auto at = state_->watched.find(name);
    if (at == state_->watched.end() || !at->second->pushed()) return false;
    Watched& one = *at->second;
    one.given_ttl = ttl;
    if (ttl && one.definition.dynamic) one.definition.ttl = ttl;
    const Steady pushed_at = state_->clock.steady() - age;
    if (one.ttl()) state_->arm_silence(one, pushed_at + *one.ttl());
    state_->take(one, std::move(outcome));
    if (one.ttl() && age > Steady::duration::zero())
        one.judged.set_valid_until(pushed_at + pushed_validity(one.ttl()));
    return true;
}

bool Engine::report(std::string_view name, Outcome outcome, std::optional<Steady> valid_until) {
    const auto at = state_->watched.find(name);
    if (at == state_->watched.end() || !at->second->definition.reported) return false;
    std::optional<Steady::duration> valid_for;
    if (valid_until) valid_for = *valid_until - state_->clock.steady();
    state_->take(*at->second, std::move(outcome), valid_for);
    return true;
}

bool Engine::amend(std::string_view name, Outcome outcome, Steady valid_until) {
    const auto at = state_->watched.find(name);
    if (at == state_->watched.end() || !at->second->definition.reported) return false;
    Watched& one = *at->second;
    if (!one.judged.amend(std::move(outcome), one.definition.policy, valid_until)) return false;
    state_->publisher.changed();
    return true;
}

void Engine::report_own(std::string_view name, Outcome outcome) {
    // A part with its own thread reports every change; a report holds until the next one.
    state_->report_part("vitals/" + std::string(name), std::string(name), std::move(outcome),
                        forever);
}

void Engine::changed() {
    state_->publisher.changed();
}

void Engine::publish_now() {
    state_->publisher.publish_if_changed();
}

void Engine::when_published(std::function<void()> done) {
    state_->publisher.when_published(std::move(done));
}

void Engine::before_publishing(std::function<void()> prepare) {
    state_->publisher.before_publishing(std::move(prepare));
}

void Engine::decommission(Decommission decommission) {
    if (decommission == state_->decommission) return;
    state_->decommission = std::move(decommission);
    state_->publisher.publish();
}

void Engine::set_service(Service service) {
    state_->service = std::move(service);
    state_->publisher.changed();
}

void Engine::set_workers(std::vector<std::shared_ptr<const WorkerGroup>> workers,
                         Steady valid_until) {
    state_->workers = std::move(workers);
    state_->workers_valid_until = valid_until;
    state_->publisher.changed();
}

void Engine::on_transition(std::function<void(const Transition&)> listener) {
    state_->transition_listeners.push_back(std::move(listener));
}

void Engine::on_silence(std::function<Silence(const std::string& component)> judge) {
    state_->judge_silence = std::move(judge);
}

void Engine::on_result(std::function<void(const ComponentState&)> listener) {
    state_->result_listeners.push_back(std::move(listener));
}

}  // namespace vitals::engine
