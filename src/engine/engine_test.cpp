// The engine on a real loop, with runs that behave on command.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/engine.hpp"
#include "model/check_error.hpp"
#include "net/context.hpp"

namespace vitals::engine {
namespace {

using namespace std::chrono_literals;
using CheckRun = Run;  // testing::Test has a Run of its own

// Everything takes longer under a sanitizer: only requirements of speed are loosened there.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// Real time; the wall clock jumps on command.
class JumpingClock : public Clock {
  public:
    Steady steady() const override { return std::chrono::steady_clock::now(); }
    System system() const override {
        return std::chrono::system_clock::now() + std::chrono::seconds(jump);
    }
    std::int64_t jump = 0;
};

net::awaitable<Outcome> answers(net::Context& context) {
    context.enter("ask");
    co_await context.sleep(5ms);
    co_return ok("fine");
}

net::awaitable<Outcome> hangs(net::Context& context) {
    context.enter("wait");
    co_await context.sleep(1h);
    co_return ok("never");
}

net::awaitable<Outcome> refuses(net::Context& context) {
    context.enter("connect");
    co_await context.sleep(1ms);
    throw CheckError(ErrorClass::connect, "connection refused", "127.0.0.1:1");
}

net::awaitable<Outcome> is_blind(net::Context& context) {
    context.enter("resolve");
    co_await context.sleep(1ms);
    throw CheckError(ErrorClass::local, "no descriptors left");
}

net::awaitable<Outcome> throws(net::Context& context) {
    co_await context.sleep(1ms);
    throw std::runtime_error("a bug");
}

net::awaitable<Outcome> throws_a_number(net::Context& context) {
    co_await context.sleep(1ms);
    throw 42;
}

// Foreign code that can only be abandoned: it blocks until released.
struct Blocker {
    std::mutex mutex;
    std::condition_variable changed;
    bool released = false;
    std::atomic<int> entered{0};
    void release() {
        {
            const std::scoped_lock lock(mutex);
            released = true;
        }
        changed.notify_all();
    }
};

net::awaitable<Outcome> blocks(std::shared_ptr<Blocker> blocker, net::Context& context) {
    context.enter("call");
    std::function<int()> code = [blocker] {
        ++blocker->entered;
        std::unique_lock lock(blocker->mutex);
        blocker->changed.wait(lock, [&] { return blocker->released; });
        return 1;
    };
    co_await context.blocking<int>(code);
    co_return ok("came back");
}

// All of them with runs on the engine's own loop, and on shards.
class EngineTest : public testing::TestWithParam<std::size_t> {
  protected:
    EngineTest()
        : environment(loop, 4),
          engine(std::make_unique<Engine>(
              environment, clock, hub,
              [this](LogLevel, std::string_view message) { log.emplace_back(message); },
              Service{"test", "1"})) {
        engine->use_shards(GetParam(), [](net::Loop& shard) {
            return std::make_unique<net::Environment>(shard, 4);
        });
    }

    static Definition define(std::string name, CheckRun run,
                             std::chrono::milliseconds interval = 100ms,
                             std::chrono::milliseconds timeout = 50ms) {
        Definition definition;
        Component& component = definition.component.edit();
        component.name = std::move(name);
        component.kind = "test";
        definition.policy.interval = interval;
        definition.policy.timeout = timeout;
        definition.fingerprint = component.name;
        definition.run = std::move(run);
        return definition;
    }

    void run_for(Steady::duration duration) {
        net::Timer timer(loop);
        timer.arm(clock.steady() + duration, [this] { loop.stop(); });
        loop.run();
    }

    bool run_until(const std::function<bool()>& reached, Steady::duration at_most = 5s) {
        const Steady end = clock.steady() + at_most;
        while (!reached()) {
            if (clock.steady() > end) return false;
            run_for(2ms);
        }
        return true;
    }

    const ComponentState& state(std::string_view name) {
        held = hub.current();
        const ComponentState* found = held->find(name);
        if (found == nullptr) throw std::runtime_error("no component " + std::string(name));
        return *found;
    }
    bool all_have_run() {
        return std::ranges::all_of(hub.current()->components,
                                   [](const auto& one) { return one->last != nullptr; });
    }
    Status status(std::string_view name) { return state(name).status(clock.steady()); }

    std::size_t logged(std::string_view text) const {
        return static_cast<std::size_t>(std::count_if(
            log.begin(), log.end(),
            [&](const std::string& line) { return line.find(text) != std::string::npos; }));
    }

    JumpingClock clock;
    std::vector<std::string> log;
    Hub hub;
    net::Loop loop;
    net::Environment environment;
    std::unique_ptr<Engine> engine;
    std::shared_ptr<const Snapshot> held;
};

TEST_P(EngineTest, lists_components_as_unknown_before_their_first_run) {
    engine->configure({define("a", answers)});
    EXPECT_EQ(status("a"), Status::unknown);
    EXPECT_EQ(state("a").detail(clock.steady()), "not run yet");
    EXPECT_EQ(status("vitals/engine"), Status::ok);
}

TEST_P(EngineTest, runs_soon_and_again) {
    engine->configure({define("a", answers)});
    EXPECT_TRUE(run_until([&] { return status("a") == Status::ok; }, 1s));
    EXPECT_EQ(state("a").detail(clock.steady()), "fine");
    ASSERT_EQ(state("a").last->phases.size(), 1u);
    EXPECT_EQ(state("a").last->phases[0].name, "ask");
    EXPECT_GE(state("a").last->duration, 5ms);
    EXPECT_TRUE(run_until([&] { return state("a").runs[0] >= 3; }, 2s));
}

TEST_P(EngineTest, a_hung_run_fails_at_its_deadline_and_names_the_phase) {
    engine->configure({define("hung", hangs), define("well", answers)});
    const Steady began = clock.steady();
    EXPECT_TRUE(run_until([&] { return status("hung") == Status::failed; }, 1s));
    EXPECT_LT(clock.steady() - began, 400ms);
    EXPECT_EQ(state("hung").last->error_class, ErrorClass::timeout);
    EXPECT_EQ(state("hung").last->failed_phase, "wait");
    EXPECT_EQ(state("hung").detail(clock.steady()), "does not answer (timeout in wait)");
    EXPECT_EQ(status("well"), Status::ok);
    EXPECT_TRUE(run_until([&] { return state("hung").runs[2] >= 3; }, 2s));
    EXPECT_EQ(logged("hung: unknown -> failed"), 1u);
}

TEST_P(EngineTest, keeps_rounds_when_the_timeout_is_the_interval) {
    engine->configure({define("hung", hangs, 50ms, 50ms)});
    run_for(1s);
    // One run every 50 ms; the last moments of one must not skip the next one's turn.
    EXPECT_GE(state("hung").runs[2], 14u);
}

TEST_P(EngineTest, a_thousand_hung_runs_take_one_deadline) {
    std::vector<Definition> definitions;
    for (int i = 0; i < 1000; ++i)
        definitions.push_back(define("hung" + std::to_string(i), hangs, 10s, 200ms));
    definitions.push_back(define("well", answers, 10s, 200ms));
    engine->configure(std::move(definitions));
    const Steady began = clock.steady();
    EXPECT_TRUE(run_until(
        [&] {
            const auto snapshot = hub.current();
            return std::count_if(snapshot->components.begin(), snapshot->components.end(),
                                 [](const auto& one) { return one->judged == Status::failed; }) ==
                   1000;
        },
        5s));
    EXPECT_LT(clock.steady() - began, 900ms + 200ms + (sanitized ? 2000ms : 400ms))
        << "spread, deadline, slack";
    EXPECT_EQ(status("well"), Status::ok);
}

TEST_P(EngineTest, error_classes_become_statuses) {
    engine->configure({define("refused", refuses), define("blind", is_blind), define("bug", throws),
                       define("number", throws_a_number)});
    EXPECT_TRUE(run_until([&] { return all_have_run(); }));
    run_for(20ms);
    EXPECT_EQ(status("refused"), Status::failed);
    EXPECT_EQ(state("refused").last->error_class, ErrorClass::connect);
    EXPECT_EQ(state("refused").last->failed_phase, "connect");
    EXPECT_EQ(state("refused").detail(clock.steady()), "connection refused");
    EXPECT_EQ(state("refused").last->error, "127.0.0.1:1");
    EXPECT_EQ(status("blind"), Status::unknown);
    EXPECT_EQ(state("blind").last->error_class, ErrorClass::local);
    EXPECT_EQ(status("bug"), Status::failed);
    EXPECT_EQ(state("bug").last->error_class, ErrorClass::local);
    EXPECT_EQ(state("bug").last->error, "a bug");
    EXPECT_EQ(status("number"), Status::failed);
}

// What each of five runs found of the run before; the third run fails.
struct Findings {
    std::array<bool, 5> kept{};
    std::atomic<std::size_t> count{0};
};

net::awaitable<Outcome> keeps(std::shared_ptr<Findings> found, net::Context& context) {
    const bool kept = context.kept()->take<int>() != nullptr;
    context.kept()->leave(std::make_shared<int>(1));
    if (found->count < found->kept.size()) found->kept[found->count] = kept;
    co_return ++found->count == 3 ? failed("gone", ErrorClass::connect) : ok();
}

TEST_P(EngineTest, a_run_in_doubt_begins_afresh) {
    const auto found = std::make_shared<Findings>();
    CheckRun run = [found](net::Context& context) { return keeps(found, context); };
    Definition definition = define("kept", run, 60ms);
    definition.policy.failures = 2;
    definition.policy.retry_interval = 5ms;
    engine->configure({definition});
    EXPECT_TRUE(run_until([&] { return found->count >= 5; }));
    EXPECT_EQ(found->kept, (std::array<bool, 5>{false, true, true, false, true}));
    EXPECT_EQ(state("kept").runs[static_cast<std::size_t>(Status::failed)], 1u);
    EXPECT_EQ(status("kept"), Status::ok);
}

TEST_P(EngineTest, blocking_code_is_quarantined_not_repeated) {
    const auto blocker = std::make_shared<Blocker>();
    CheckRun run = [blocker](net::Context& context) { return blocks(blocker, context); };
    engine->configure({define("stuck", run), define("well", answers)});
    EXPECT_TRUE(run_until([&] { return state("stuck").runs[2] >= 4; }, 3s));
    EXPECT_EQ(blocker->entered, 1) << "no second copy while the first hangs";
    EXPECT_EQ(status("stuck"), Status::failed);
    EXPECT_EQ(state("stuck").last->error_class, ErrorClass::timeout);
    EXPECT_EQ(state("stuck").detail(clock.steady()), "hung in call");
    EXPECT_EQ(status("well"), Status::ok);
    blocker->release();
    EXPECT_TRUE(run_until([&] { return status("stuck") == Status::ok; }, 2s));
}

TEST_P(EngineTest, a_full_lane_of_hung_calls_degrades_the_engine_and_nothing_else) {
    const auto blocker = std::make_shared<Blocker>();
    CheckRun run = [blocker](net::Context& context) { return blocks(blocker, context); };
    std::vector<Definition> definitions = {define("well", answers)};
    for (int i = 0; i < 12; ++i) definitions.push_back(define("stuck" + std::to_string(i), run));
    engine->configure(std::move(definitions));
    EXPECT_TRUE(run_until([&] { return status("vitals/engine") == Status::degraded; }, 5s));
    EXPECT_EQ(status("well"), Status::ok);
    const int lanes = std::max(1, static_cast<int>(GetParam()));  // one on each loop
    EXPECT_EQ(blocker->entered, 4 * lanes) << "the lane's bound";
    blocker->release();
    EXPECT_TRUE(run_until([&] { return status("vitals/engine") == Status::ok; }, 5s));
}

TEST_P(EngineTest, requests_for_a_run_share_one_run) {
    engine->configure({define("a", answers, 1h, 50ms)});
    EXPECT_TRUE(run_until([&] { return status("a") == Status::ok; }));
    int answered = 0;
    for (int i = 0; i < 3; ++i)
        engine->run_now("a", [&](const auto& state) { answered += state != nullptr ? 1 : 0; });
    EXPECT_TRUE(run_until([&] { return answered == 3; }, 1s));
    run_for(20ms);
    EXPECT_EQ(state("a").runs[0], 2u) << "the first and one shared by three";
    engine->run_now("nobody", [&](const auto& state) { answered += state == nullptr ? 10 : 0; });
    EXPECT_EQ(answered, 13);
}

TEST_P(EngineTest, a_run_of_a_removed_component_is_answered) {
    engine->configure({define("hung", hangs, 1h, 1h)});
    run_for(50ms);
    bool told = false;
    engine->run_now("hung", [&](const auto& state) { told = state == nullptr; });
    EXPECT_TRUE(engine->remove("hung"));
    EXPECT_TRUE(told);
    EXPECT_FALSE(engine->remove("hung"));
    run_for(20ms);
    EXPECT_EQ(hub.current()->find("hung"), nullptr);
}

TEST_P(EngineTest, a_stopped_engine_lets_its_results_go_stale) {
    engine->configure({define("a", answers, 50ms, 50ms)});
    EXPECT_TRUE(run_until([&] { return status("a") == Status::ok; }));
    const Steady later = clock.steady() + 250ms;  // nobody drives the loop
    EXPECT_EQ(state("a").status(later), Status::unknown);
    EXPECT_EQ(state("a").detail(later), "stale");
}

TEST_P(EngineTest, wall_clock_jumps_change_no_verdict) {
    engine->configure({define("a", answers, 50ms, 50ms)});
    EXPECT_TRUE(run_until([&] { return status("a") == Status::ok; }));
    for (const std::int64_t jump : {86'400 * 365, -86'400 * 365, 0}) {
        clock.jump = jump;
        for (int i = 0; i < 10; ++i) {
            run_for(20ms);
            ASSERT_EQ(status("a"), Status::ok) << "after a jump of " << jump << " s";
        }
    }
    EXPECT_EQ(state("a").transitions[0], 1u);
}

TEST_P(EngineTest, reload_keeps_what_did_not_change) {
    engine->configure({define("a", answers, 1h, 50ms), define("b", answers, 1h, 50ms)});
    EXPECT_TRUE(run_until([&] { return all_have_run(); }));
    run_for(20ms);
    Definition changed = define("b", answers, 1h, 50ms);
    changed.fingerprint = "b, changed";
    engine->configure({define("a", answers, 1h, 50ms), changed, define("c", answers, 1h, 50ms)});
    EXPECT_EQ(status("a"), Status::ok) << "kept";
    EXPECT_EQ(status("b"), Status::unknown) << "begun anew";
    EXPECT_EQ(state("a").runs[0], 1u);
    engine->configure({define("a", answers, 1h, 50ms)});
    EXPECT_EQ(hub.current()->find("b"), nullptr);
}

TEST_P(EngineTest, has_no_copy_of_a_definition_of_its_own) {
    const Definition definition = define("a", answers);
    engine->configure({definition});
    EXPECT_EQ(state("a").component, definition.component.pointer());
    EXPECT_EQ(engine->components().front(), definition.component.pointer());
}

// What a selector in a definition means depends on the other components.
TEST_P(EngineTest, an_unchanged_definition_may_have_other_dependencies) {
    Definition definition = define("a", answers, 20ms, 15ms);
    engine->configure({definition});
    ASSERT_TRUE(run_until([&] { return state("a").runs[0] >= 3; }, 2s));
    const auto before = state("a").runs[0];
    definition.component.edit().depends_on = {"b"};
    engine->configure({definition, define("b", answers, 1h, 50ms)});
    EXPECT_EQ(state("a").component, definition.component.pointer());
    EXPECT_EQ(hub.current()->find("a")->component->depends_on, std::vector<std::string>{"b"});
    EXPECT_EQ(status("a"), Status::ok);
    EXPECT_GE(state("a").runs[0], before);
    EXPECT_TRUE(run_until([&] { return state("a").runs[0] >= before + 5; }, 2s))
        << "it runs on, though nobody has the former description any more";
}

TEST_P(EngineTest, pushed_components_fail_when_silent) {
    Definition definition;
    definition.component.edit().name = "job";
    definition.component.edit().kind = "push";
    definition.ttl = 100ms;
    engine->add(definition);
    run_for(20ms);
    EXPECT_EQ(status("job"), Status::unknown);
    EXPECT_TRUE(engine->push("job", ok("done")));
    run_for(20ms);
    EXPECT_EQ(status("job"), Status::ok);
    EXPECT_TRUE(run_until([&] { return status("job") == Status::failed; }, 1s));
    EXPECT_EQ(state("job").last->error_class, ErrorClass::timeout);
    EXPECT_TRUE(engine->push("job", ok("again"), 10s));
    run_for(200ms);
    EXPECT_EQ(status("job"), Status::ok) << "the push brought a longer ttl";
    EXPECT_FALSE(engine->push("nobody", ok()));
    engine->add(define("checked", answers));
    EXPECT_FALSE(engine->push("checked", ok()));
}

TEST_P(EngineTest, the_ttl_of_a_push_holds_for_that_push) {
    Definition definition;
    definition.component.edit().name = "job";
    definition.ttl = 1h;
    engine->add(definition);
    engine->push("job", ok(), 50ms);
    engine->publish_now();
    EXPECT_TRUE(run_until([&] { return status("job") == Status::failed; }, 2s));
    engine->push("job", ok());
    run_for(150ms);
    EXPECT_EQ(status("job"), Status::ok) << "the configured one is back";
    engine->add(created_by_push("made", false, 50ms));
    engine->push("made", ok());
    engine->publish_now();
    EXPECT_TRUE(run_until([&] { return status("made") == Status::failed; }, 2s));
    engine->push("made", ok(), 1h);
    engine->push("made", ok());
    run_for(150ms);
    EXPECT_EQ(status("made"), Status::ok) << "a created one keeps the latest";
}

TEST_P(EngineTest, acknowledges_once_a_snapshot_shows_it) {
    int told = 0;
    engine->when_published([&] { ++told; });
    EXPECT_EQ(told, 1) << "there is nothing to wait for";
    const auto before = hub.version();
    for (int i = 0; i < 100; ++i) {
        const std::string name = "job" + std::to_string(i);
        engine->add(created_by_push(name, false, {}));
        engine->push(name, ok());
        engine->when_published([&, name] {
            ++told;
            EXPECT_EQ(hub.current()->find(name)->judged, Status::ok);
        });
    }
    EXPECT_EQ(told, 1);
    EXPECT_TRUE(run_until([&] { return told == 101; }, 2s));
    EXPECT_EQ(hub.version(), before + 1) << "many at once";
    EXPECT_TRUE(engine->remove("job7"));
    engine->when_published([&] {
        ++told;
        EXPECT_EQ(hub.current()->find("job7"), nullptr);
    });
    EXPECT_TRUE(run_until([&] { return told == 102; }, 2s));
}

TEST_P(EngineTest, what_is_reported_while_publishing_is_in_that_snapshot) {
    Definition group = define("workers/mail", {});
    group.reported = true;
    engine->add(group);
    int judged = 0;
    engine->before_publishing(
        [&] { engine->report("workers/mail", ok(std::to_string(++judged))); });
    engine->changed();
    EXPECT_TRUE(run_until([&] { return judged > 0; }, 2s));
    EXPECT_EQ(state("workers/mail").last->detail, std::to_string(judged));
    EXPECT_FALSE(engine->push("workers/mail", ok())) << "it is not pushed";
    run_for(50ms);
    EXPECT_EQ(judged, 1) << "a report does not call for another snapshot";
}

TEST_P(EngineTest, since_outlives_the_process_where_the_first_result_is_the_old_one) {
    const System old = System(1000h);
    std::vector<RememberedComponent> known(3);
    known[0] = {.component = "well", .status = Status::ok, .since = old};
    known[1] = {.component = "broken", .status = Status::ok, .since = old};
    known[2] = {.component = "gone", .status = Status::ok, .since = old};
    std::vector<std::pair<Status, Status>> changes;
    engine->on_transition([&](const Transition& change) {
        if (!change.component.starts_with("vitals/")) changes.emplace_back(change.from, change.to);
    });
    engine->restore(known, 1s);
    engine->configure({define("well", answers, 1h), define("broken", refuses, 1h)});
    EXPECT_EQ(status("well"), Status::unknown) << "only a run tells";
    EXPECT_TRUE(run_until([&] { return status("broken") == Status::failed; }, 3s));
    EXPECT_TRUE(run_until([&] { return status("well") == Status::ok; }, 3s));
    EXPECT_EQ(state("well").since, old);
    EXPECT_GT(state("broken").since, old);
    EXPECT_EQ(changes, (std::vector<std::pair<Status, Status>>{{Status::ok, Status::failed}}));
    const Engine::Changes kept = engine->changes();
    EXPECT_EQ(kept.gone, std::vector<std::string>{"gone"}) << "it is not configured any more";
    ASSERT_FALSE(kept.now.empty());
    EXPECT_TRUE(std::ranges::none_of(
        kept.now, [](const RememberedComponent& each) { return each.component == "well"; }));
}

TEST_P(EngineTest, since_outlives_a_doubt_that_a_restart_falls_into) {
    const System old = System(1000h);
    engine->restore({{.component = "db", .status = Status::ok, .since = old}}, 1s);
    Definition definition = define("db", refuses, 1h);
    definition.policy.failures = 3;
    definition.policy.retry_interval = 1h;
    engine->configure({definition});
    EXPECT_TRUE(run_until([&] { return state("db").last != nullptr; }, 3s));
    engine->all_changed();
    for (const RememberedComponent& each : engine->changes().now)
        if (each.component == "db") EXPECT_EQ(each.since, old) << "nothing is judged yet";
}

TEST_P(EngineTest, pushed_states_outlive_process_and_definition) {
    RememberedComponent job{.component = "job", .status = Status::degraded, .since = System(1000h)};
    job.observed_at = clock.system() - 10s;
    job.age = 10s;
    job.last = std::make_shared<Outcome>(degraded("slowly"));
    RememberedComponent made = job;
    made.component = "made";
    made.created_by_push = true;
    made.critical = false;
    made.ttl = 1h;
    engine->restore({job, made}, 1s);
    Definition definition;
    definition.component.edit().name = "job";
    definition.ttl = 1h;
    definition.fingerprint = "one";
    engine->configure({definition});
    EXPECT_EQ(state("job").detail(clock.steady()), "slowly");
    EXPECT_EQ(state("job").since, System(1000h));
    EXPECT_EQ(status("made"), Status::degraded);
    EXPECT_TRUE(state("made").component->created_by_push);
    EXPECT_FALSE(state("made").component->critical);
    definition.fingerprint = "another";
    definition.ttl = 2h;
    engine->configure({definition});
    EXPECT_EQ(state("job").detail(clock.steady()), "slowly") << "a reload forgets nothing";
    EXPECT_EQ(state("job").since, System(1000h));
}

TEST_P(EngineTest, publishing_is_coalesced) {
    std::vector<Definition> definitions;
    for (int i = 0; i < 300; ++i)
        definitions.push_back(define("c" + std::to_string(i), answers, 20ms, 15ms));
    engine->configure(std::move(definitions));
    run_for(300ms);
    const std::uint64_t before = hub.version();
    const auto start = std::chrono::steady_clock::now();
    run_for(1s);
    const auto spacings = (std::chrono::steady_clock::now() - start) / 10ms;
    EXPECT_LE(hub.version() - before, static_cast<std::uint64_t>(spacings) + 5);
    EXPECT_GE(hub.version() - before, sanitized ? 2u : 20u);
}

TEST_P(EngineTest, decommission_is_part_of_the_snapshot) {
    engine->decommission({"maintenance", false});
    EXPECT_EQ(hub.current()->decommission.text, "maintenance");
    EXPECT_TRUE(hub.current()->decommission.active());
    engine->decommission({});
    EXPECT_FALSE(hub.current()->decommission.active());
}

TEST_P(EngineTest, ends_promptly_while_everything_hangs) {
    const auto blocker = std::make_shared<Blocker>();
    CheckRun run = [blocker](net::Context& context) { return blocks(blocker, context); };
    std::vector<Definition> definitions;
    for (int i = 0; i < 50; ++i) {
        definitions.push_back(define("hung" + std::to_string(i), hangs, 1h, 1h));
        definitions.push_back(define("stuck" + std::to_string(i), run, 1h, 1h));
    }
    engine->configure(std::move(definitions));
    run_for(200ms);
    const Steady began = clock.steady();
    engine.reset();
    run_for(1ms);
    EXPECT_LT(clock.steady() - began, 500ms);
    blocker->release();
}

INSTANTIATE_TEST_SUITE_P(Shards, EngineTest, testing::Values(0, 2),
                         [](const auto& each) { return each.param == 0 ? "none" : "two"; });

class ShardTest : public EngineTest {};

// A fault of a check: it holds its thread.
net::awaitable<Outcome> holds_its_thread(std::shared_ptr<Blocker> blocker, net::Context&) {
    ++blocker->entered;
    std::unique_lock lock(blocker->mutex);
    blocker->changed.wait(lock, [&] { return blocker->released; });
    co_return ok("came back");
}

TEST_P(ShardTest, one_that_is_held_is_noticed_and_the_others_go_on) {
    const auto blocker = std::make_shared<Blocker>();
    const CheckRun run = [blocker](net::Context& context) {
        return holds_its_thread(blocker, context);
    };
    // By turns: the first and the third share a thread.
    engine->configure({define("first", answers)});
    engine->add(define("second", answers));
    engine->add(define("third", answers));
    EXPECT_TRUE(run_until([&] { return all_have_run(); }));
    EXPECT_EQ(status("first"), Status::ok);
    engine->add(define("held", run));  // beside the second
    EXPECT_TRUE(run_until([&] { return blocker->entered > 0; }));
    EXPECT_TRUE(run_until([&] { return status("second") == Status::unknown; }, 2s));
    EXPECT_EQ(status("held"), Status::unknown);
    EXPECT_TRUE(run_until([&] { return status("vitals/engine") == Status::degraded; }, 4s));
    EXPECT_NE(state("vitals/engine").detail(clock.steady()).find("a thread that runs checks woke"),
              std::string::npos);
    const auto runs = state("first").runs[0];
    EXPECT_TRUE(run_until([&] { return state("first").runs[0] > runs + 2; }));
    EXPECT_EQ(status("third"), Status::ok);
    blocker->release();
    EXPECT_TRUE(run_until([&] { return status("second") == Status::ok; }));
    EXPECT_TRUE(run_until([&] { return status("vitals/engine") == Status::ok; }));
}

// What came in while the engine stood still is old when it is judged.
TEST_P(ShardTest, a_result_that_waited_for_the_engine_is_not_taken_for_fresh) {
    engine->configure({define("a", answers, 10s, 5s)});
    EXPECT_TRUE(run_until([&] { return status("a") == Status::ok; }));
    engine->run_now("a", [](const auto&) {});
    std::this_thread::sleep_for(2500ms);
    EXPECT_TRUE(run_until([&] { return state("a").last->status == Status::unknown; }, 1s));
    EXPECT_EQ(state("a").last->detail, "vitals itself did not run meanwhile");
}

INSTANTIATE_TEST_SUITE_P(Shards, ShardTest, testing::Values(2), [](const auto&) { return "two"; });

}  // namespace
}  // namespace vitals::engine
