// What is known of the last day without asking the disk: the same as the disk tells, also while the
// disk is away, and nothing that was not so.
#include "history/recent.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "history/store_testing.hpp"

namespace vitals::history {
namespace {

using namespace testing;
using std::chrono::microseconds;

constexpr System wall(1'800'000'000s);
const Steady begin(5'000s);

std::shared_ptr<const ComponentState> state_of(const std::string& name, int second, Status judged,
                                               ErrorClass error_class = ErrorClass::none,
                                               microseconds took = 0us) {
    auto component = std::make_shared<Component>();
    component->name = name;
    auto outcome = std::make_shared<Outcome>();
    outcome->status = judged;
    outcome->error_class = error_class;
    outcome->duration = took;
    auto state = std::make_shared<ComponentState>();
    state->component = component;
    state->last = outcome;
    state->judged = judged;
    state->observed = begin + std::chrono::seconds(second);
    state->since = wall + std::chrono::seconds(second);
    state->valid_until = Steady::max();
    return state;
}

Transition change(const std::string& name, int second, Status to,
                  ErrorClass error_class = ErrorClass::none) {
    Transition made;
    made.component = name;
    made.to = to;
    made.error_class = error_class;
    made.decided = made.began = begin + std::chrono::seconds(second);
    return made;
}

Snapshot snapshot_of(int second, std::vector<std::shared_ptr<const ComponentState>> components) {
    Snapshot snapshot;
    snapshot.components = std::move(components);
    snapshot.taken = begin + std::chrono::seconds(second);
    snapshot.taken_at = wall + std::chrono::seconds(second);
    return snapshot;
}

std::vector<StateSpan> spans(const Recent& recent, const std::string& name, int from = 0) {
    return recent.past(name, wall + std::chrono::seconds(from), wall + 24h).spans;
}

StateSpan span(int second, Spent state) {
    return {wall + std::chrono::seconds(second), state};
}

TEST(Recent, keeps_what_transitions_reported) {
    Recent recent(wall, begin);
    recent.result(*state_of("web", 1, Status::ok));
    recent.transition(change("web", 1, Status::ok));
    recent.transition(change("web", 20, Status::failed));
    recent.transition(change("web", 30, Status::failed));
    recent.transition(change("web", 40, Status::unknown, ErrorClass::local));
    EXPECT_EQ(spans(recent, "web"),
              (std::vector{span(1, Spent::ok), span(20, Spent::failed), span(40, Spent::blind)}));
    EXPECT_EQ(spans(recent, "web", 25),
              (std::vector{span(20, Spent::failed), span(40, Spent::blind)}))
        << "with what it was when the window began";
    EXPECT_TRUE(spans(recent, "nobody").empty());
}

TEST(Recent, a_first_verdict_without_a_transition_is_told) {
    Recent recent(wall, begin);
    const auto blind = recent.result(*state_of("web", 1, Status::unknown, ErrorClass::local));
    ASSERT_TRUE(blind);
    EXPECT_EQ(spent_of(blind->to, blind->error_class), Spent::blind);
    EXPECT_FALSE(recent.result(*state_of("web", 2, Status::unknown, ErrorClass::local)));
    const auto unknown = recent.result(*state_of("web", 3, Status::unknown));
    ASSERT_TRUE(unknown);
    EXPECT_EQ(unknown->began, begin + 3s);
    EXPECT_FALSE(recent.result(*state_of("web", 4, Status::ok))) << "a transition follows";
    recent.transition(change("web", 4, Status::ok));
    EXPECT_EQ(spans(recent, "web"),
              (std::vector{span(1, Spent::blind), span(3, Spent::unknown), span(4, Spent::ok)}));
}

TEST(Recent, what_has_not_run_for_a_while_is_unknown) {
    Recent recent(wall, begin);
    recent.fill({});
    auto waiting = std::make_shared<ComponentState>(*state_of("web", 10, Status::unknown));
    waiting->last = nullptr;
    EXPECT_TRUE(recent.compare(snapshot_of(12, {waiting})).empty()) << "it may yet come";
    const auto told = recent.compare(snapshot_of(20, {waiting}));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].began, begin + 10s);
    EXPECT_EQ(told[0].detail, "not run yet");
    EXPECT_TRUE(recent.compare(snapshot_of(30, {waiting})).empty()) << "once";
    recent.result(*state_of("web", 34, Status::ok));
    recent.transition(change("web", 34, Status::ok));
    EXPECT_TRUE(recent.compare(snapshot_of(40, {state_of("web", 34, Status::ok)})).empty());
    EXPECT_EQ(spans(recent, "web"), (std::vector{span(10, Spent::unknown), span(34, Spent::ok)}));
}

TEST(Recent, a_component_that_resumes_what_it_was_is_known_from_its_first_run_on) {
    Recent recent(wall, begin);
    recent.fill({.from = wall - 24h,
                 .components = {{"web", {span(-3'600, Spent::ok)}}},
                 .blind = {},
                 .skipped = {}});
    auto waiting = std::make_shared<ComponentState>(*state_of("web", 0, Status::unknown));
    waiting->last = nullptr;
    EXPECT_EQ(recent.compare(snapshot_of(10, {waiting})).size(), 1u);
    recent.result(*state_of("web", 14, Status::ok));  // as before: no transition
    recent.result(*state_of("web", 24, Status::ok));
    const auto told = recent.compare(snapshot_of(25, {state_of("web", 24, Status::ok)}));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].began, begin + 14s);
    EXPECT_EQ(spans(recent, "web", -60),
              (std::vector{span(-3'600, Spent::ok), span(0, Spent::unknown), span(14, Spent::ok)}));
}

TEST(Recent, earlier_spans_go_in_front_of_what_is_known) {
    Recent recent(wall, begin);
    recent.transition(change("web", 5, Status::failed));
    recent.transition(change("new", 5, Status::ok));
    recent.fill({.from = wall - 24h,
                 .components = {{"web", {span(-90'000, Spent::failed), span(-100, Spent::ok)}},
                                {"old", {span(-200, Spent::degraded)}}},
                 .blind = {{wall - 50s, wall}},
                 .skipped = {{wall - 70s, wall - 60s}}});
    const Past past = recent.past("web", wall - 24h, wall + 10s);
    EXPECT_EQ(past.spans, (std::vector{span(-90'000, Spent::failed), span(-100, Spent::ok),
                                       span(5, Spent::failed)}));
    const Account account = vitals::account(past.watched(), past.from, past.now);
    EXPECT_EQ(account.of(Spent::blind), 50s);
    EXPECT_EQ(account.of(Spent::unwatched), 10s);
    EXPECT_EQ(account.of(Spent::ok), 100s - 10s - 50s + 5s);
    EXPECT_EQ(spans(recent, "old", -200).size(), 1u);
    EXPECT_EQ(spans(recent, "new").size(), 1u);
}

TEST(Recent, moves_along_with_the_line_once_that_is_known) {
    Recent recent(wall, begin);
    recent.transition(change("web", 5, Status::failed));
    recent.anchor(wall + 100s, begin);
    EXPECT_EQ(spans(recent, "web"), (std::vector{span(105, Spent::failed)}));
    EXPECT_EQ(recent.at(begin + 1s), wall + 101s);
    recent.leapt({wall + 120s, wall + 220s});
    recent.transition(change("web", 30, Status::ok));
    const Past past = recent.past("web", wall + 100s, wall + 240s);
    EXPECT_EQ(past.spans.back(), span(230, Spent::ok));
    EXPECT_EQ(past.skipped, (std::vector<Stretch>{{wall + 120s, wall + 220s}}));
}

TEST(Recent, spans_older_than_a_day_are_dropped_and_the_state_at_that_time_stays) {
    Recent recent(wall, begin);
    for (int hour = 0; hour < 60; ++hour)
        recent.transition(change("web", hour * 3'600, hour % 2 == 0 ? Status::ok : Status::failed));
    EXPECT_LE(recent.figures().spans, 28u);
    const Past past = recent.past("web", wall + 36h, wall + 60h);
    const Account account = vitals::account(past.watched(), past.from, past.now);
    EXPECT_EQ(account.of(Spent::ok), 12h);
    EXPECT_EQ(account.of(Spent::failed), 12h);
    EXPECT_TRUE(recent.covers("web", wall + 36h));
}

TEST(Recent, the_oldest_spans_of_a_flapping_component_are_dropped_and_not_invented) {
    Recent recent(wall, begin);
    for (int second = 0; second < 10'000; ++second)
        recent.transition(change("web", second, second % 2 == 0 ? Status::ok : Status::failed));
    EXPECT_LE(recent.figures().spans, 2'000u);
    EXPECT_GE(recent.figures().spans, 1'400u);
    EXPECT_FALSE(recent.covers("web", wall));
    EXPECT_TRUE(recent.covers("web", wall + 9'000s));
    const Past past = recent.past("web", wall, wall + 10'000s);
    const Account account = vitals::account(past.watched(), past.from, past.now);
    EXPECT_GE(account.of(Spent::unwatched), 8'000s);
    EXPECT_LE(std::chrono::abs(account.of(Spent::ok) - account.of(Spent::failed)), 1s);
}

TEST(Recent, a_component_that_is_gone_is_unwatched_and_forgotten_after_a_day) {
    Recent recent(wall, begin);
    recent.fill({});
    recent.transition(change("job", 1, Status::ok));
    recent.gone("job", begin + 10s);
    recent.gone("nobody", begin + 10s);
    EXPECT_EQ(spans(recent, "job"), (std::vector{span(1, Spent::ok), span(10, Spent::unwatched)}));
    for (int turn = 0; turn < 16; ++turn) recent.compare(snapshot_of(20 * 3'600, {}));
    EXPECT_EQ(recent.figures().components, 1u);
    for (int turn = 0; turn < 16; ++turn) recent.compare(snapshot_of(26 * 3'600, {}));
    EXPECT_EQ(recent.figures().components, 0u);
}

TEST(Recent, times_are_those_of_runs_that_came_to_an_answer) {
    Recent recent(wall, begin);
    recent.result(*state_of("web", 1, Status::ok, ErrorClass::none, 10ms));
    recent.result(*state_of("web", 2, Status::degraded, ErrorClass::none, 10ms));
    for (int second = 3; second < 50; ++second)
        recent.result(*state_of("web", second, Status::failed, ErrorClass::connect, 1ms));
    recent.result(*state_of("pushed", 2, Status::ok));
    const UsualTimes times = recent.usual("web", wall + 60s);
    EXPECT_EQ(times.runs, 1u);
    EXPECT_EQ(times.last_ok, wall + 1s);
    EXPECT_NEAR(static_cast<double>(times.p50.count()), 10'000, 100);
    ASSERT_EQ(times.spark.size(), 45u);
    EXPECT_NEAR(static_cast<double>(times.spark.back().count()), 10'000, 450);
    EXPECT_EQ(recent.usual("pushed", wall + 60s).runs, 0u);
    EXPECT_EQ(recent.usual("nobody", wall).spark.size(), 45u);
}

TEST(Usual, is_near_the_median_whatever_the_outliers) {
    std::mt19937 random(21);
    std::lognormal_distribution<double> draw(std::log(20'000.0), 0.3);
    Usual usual;
    for (int run = 0; run < 500; ++run) {
        const bool slow = run % 10 == 9;
        usual.take(wall + std::chrono::seconds(10 * run),
                   microseconds(slow ? 5'000'000 : std::llround(draw(random))), true, {});
    }
    const double p50 = static_cast<double>(usual.times(wall + 5'000s).p50.count());
    EXPECT_GT(p50, 20'000 * 0.85);
    EXPECT_LT(p50, 20'000 * 1.25);
    for (int run = 500; run < 1'000; ++run)
        usual.take(wall + std::chrono::seconds(10 * run), 80ms, true, {});
    EXPECT_NEAR(static_cast<double>(usual.times(wall + 10'000s).p50.count()), 80'000, 2'000)
        << "a new level is learnt";
}

TEST(Usual, phases_stand_in_the_order_of_a_run) {
    Usual usual;
    const std::vector<Phase> phases{{"resolve", 1ms}, {"connect", 2ms}, {"tls", 30ms}};
    for (int run = 0; run < 20; ++run)
        usual.take(wall + std::chrono::seconds(run), 40ms, true, phases);
    const UsualTimes times = usual.times(wall + 20s);
    ASSERT_EQ(times.phases.size(), 3u);
    EXPECT_EQ(times.phases[0].name, "resolve");
    EXPECT_EQ(times.phases[2].name, "tls");
    EXPECT_NEAR(static_cast<double>(times.phases[2].usual.count()), 30'000, 100);
}

TEST(Usual, the_spark_moves_with_time_and_forgets) {
    Usual usual;
    for (int minute = 0; minute < 10; minute += 2)
        usual.take(wall + std::chrono::minutes(minute), std::chrono::milliseconds(10 + minute),
                   true, {});
    auto spark = usual.times(wall + 9min).spark;
    const auto runs = [&] {
        return std::ranges::count_if(spark, [](auto each) { return each > 0us; });
    };
    EXPECT_EQ(runs(), 5);
    EXPECT_NEAR(static_cast<double>(spark[44].count()), 18'000, 800);
    EXPECT_NEAR(static_cast<double>(spark[40].count()), 10'000, 450);
    spark = usual.times(wall + 89min).spark;
    EXPECT_EQ(runs(), 5);
    spark = usual.times(wall + 95min).spark;
    EXPECT_EQ(runs(), 2);
    spark = usual.times(wall + 48h).spark;
    EXPECT_EQ(runs(), 0);
    usual.take(wall + 48h, 1ms, true, {});
    spark = usual.times(wall + 48h).spark;
    EXPECT_EQ(runs(), 1);
    usual.take(wall + 47h, 1ms, true, {});
    spark = usual.times(wall + 48h).spark;
    EXPECT_EQ(runs(), 2) << "what is told late has its place";
}

// What the store tells of the last day comes from memory, and is what the file tells.
std::vector<Past> pasts_of(Store& store, std::vector<std::string> names,
                           std::chrono::milliseconds back) {
    auto found =
        answer_of<std::vector<Past>>([&](auto done) { store.pasts(names, back, std::move(done)); });
    return found.value_or(std::vector<Past>{});
}

TEST(StorePasts, memory_and_file_agree_over_a_restart) {
    const Folder folder;
    Witness witness;
    const auto now = [] { return std::chrono::steady_clock::now(); };
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        ASSERT_TRUE(witness.sees_ok());
        Transition made;
        made.component = "web";
        made.to = Status::ok;
        made.decided = made.began = now();
        store.append(made);
        std::this_thread::sleep_for(1s);
        made.from = Status::ok;
        made.to = Status::failed;
        made.decided = made.began = now();
        store.append(made);
        std::this_thread::sleep_for(700ms);
    }
    std::this_thread::sleep_for(300ms);
    Store store(in(folder.path()), witness.log(), witness.health());
    for (int tries = 0; tries < 500 && !store.knows_recent(); ++tries)
        std::this_thread::sleep_for(10ms);
    const auto before = pasts_of(store, {"web", "nobody"}, 24h);
    ASSERT_EQ(before.size(), 2u);
    EXPECT_EQ(before[0].spans.size(), 2u);
    EXPECT_TRUE(before[1].spans.empty());
    Transition made;
    made.component = "web";
    made.to = Status::ok;
    made.decided = made.began = now();
    store.append(made);
    const auto from_memory = pasts_of(store, {"web"}, 24h);
    const auto from_file = pasts_of(store, {"web"}, 25h);
    ASSERT_EQ(from_memory.size(), 1u);
    ASSERT_EQ(from_file.size(), 1u);
    EXPECT_EQ(from_memory[0].spans, from_file[0].spans);
    const Account memory =
        vitals::account(from_memory[0].watched(), from_memory[0].from, from_memory[0].now);
    EXPECT_GE(memory.of(Spent::ok), 1s);
    EXPECT_GE(memory.of(Spent::failed), 100ms);
    EXPECT_GE(memory.of(Spent::blind), 250ms);
    // The file is asked at another moment.
    const Account file =
        vitals::account(from_file[0].watched(), from_memory[0].from, from_memory[0].now);
    EXPECT_LE(std::chrono::abs(memory.of(Spent::blind) - file.of(Spent::blind)), 2ms);
    EXPECT_LE(std::chrono::abs(memory.of(Spent::failed) - file.of(Spent::failed)), 2ms);
}

TEST(StorePasts, while_the_engine_stood_still_nobody_looked) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    const auto now = std::chrono::steady_clock::now();
    Transition made;
    made.component = "web";
    made.to = Status::ok;
    made.decided = made.began = now - 300s;
    store.append(made);
    store.blind(now - 200s, now - 100s);
    std::this_thread::sleep_for(1'200ms);  // longer than `report`
    const auto blind = [&](std::chrono::milliseconds back) {
        const auto pasts = pasts_of(store, {"web"}, back);
        return pasts.empty() ? 0ms
                             : vitals::account(pasts[0].watched(), pasts[0].from, pasts[0].now)
                                   .of(Spent::blind);
    };
    EXPECT_EQ(blind(24h), 100s);
    EXPECT_LE(std::chrono::abs(blind(25h) - 100s), 2ms);
}

TEST(StorePasts, maintenance_is_asked_for) {
    const Folder folder;
    Witness witness;
    Settings settings = in(folder.path());
    settings.maintenance = [](std::string_view component, System, System to) {
        return component == "web" ? std::vector<Stretch>{{to - 1h, to}} : std::vector<Stretch>{};
    };
    Store store(settings, witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    store.append(record("web", 0));
    for (const auto back : {24h, 48h}) {
        const auto pasts = pasts_of(store, {"web", "other"}, back);
        ASSERT_EQ(pasts.size(), 2u);
        const Account account = vitals::account(pasts[0].watched(), pasts[0].from, pasts[0].now);
        EXPECT_EQ(account.of(Spent::maintenance), 1h);
        EXPECT_TRUE(pasts[1].planned.empty());
    }
}

TEST_F(DiskTest, while_the_file_cannot_be_read_bars_come_from_memory) {
    VITALS_NEEDS_DISK();
    const Folder folder;
    std::filesystem::create_directory(folder / "vitals.db");  // no file can be there
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees([](const Outcome& outcome) { return outcome.status != Status::ok; }));
    store.append(record("web", 19'990));
    const auto pasts = pasts_of(store, {"web"}, 24h);
    ASSERT_EQ(pasts.size(), 1u);
    EXPECT_EQ(pasts[0].spans.size(), 1u);
    EXPECT_EQ(answer_of<std::vector<Past>>(
                  [&](auto done) { store.pasts({"web"}, 48h, std::move(done)); }),
              std::nullopt);
}

}  // namespace
}  // namespace vitals::history
