#include "model/explain.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

using namespace std::chrono_literals;

constexpr Steady now{std::chrono::hours(100)};
const System at = System(std::chrono::hours(480'000));

struct Given {
    Component component;
    ComponentState state;
    Snapshot snapshot;
    Board board;
    UsualTimes usual;

    explicit Given(Outcome outcome) {
        component.name = "payments/node";
        component.failures = 3;
        state.component = std::make_shared<Component>(component);
        state.judged = outcome.status;
        state.last = std::make_shared<Outcome>(std::move(outcome));
        state.observed = now - 2s;
        state.valid_until = now + 20s;
        state.since = at;
        state.failing_runs = 26;
        usual.runs = 100;
        usual.p50 = 12ms;
        usual.phases = {{"resolve", 200us}, {"connect", 500us}, {"tls", 4ms}, {"request", 6ms}};
    }
    Explanation told() const { return explain(state, snapshot, board, usual, now); }
};

Outcome refused() {
    Outcome outcome = failed("connection refused", ErrorClass::connect, "10.0.0.1:80: refused");
    outcome.phases = {{"resolve", 200us}, {"connect", 400us}};
    outcome.failed_phase = "connect";
    outcome.duration = 600us;
    return outcome;
}

TEST(LastFailure, is_the_latest_span_that_failed) {
    Past past{.from = at - 100h, .now = at, .spans = {}, .skipped = {}, .blind = {}};
    EXPECT_EQ(last_failure(past).watched_since, System{}) << "nothing is known";
    past.spans = {{at - 200h, Spent::unwatched}, {at - 50h, Spent::ok}};
    EXPECT_EQ(last_failure(past).watched_since, at - 50h);
    EXPECT_FALSE(last_failure(past).seen);
    past.spans = {{at - 200h, Spent::failed},
                  {at - 90h, Spent::ok},
                  {at - 9h, Spent::failed},
                  {at - 8h, Spent::degraded},
                  {at - 7h, Spent::unknown}};
    const LastFailure last = last_failure(past);
    EXPECT_EQ(last.watched_since, at - 100h) << "as far as it is known";
    EXPECT_EQ(last.seen, (Stretch{at - 9h, at - 8h}));
    EXPECT_FALSE(last.lasts);
    past.spans.push_back({at - 1h, Spent::failed});
    EXPECT_TRUE(last_failure(past).lasts);
    EXPECT_EQ(last_failure(past).seen, (Stretch{at - 1h, at}));
}

TEST(Explain, says_which_phase_failed_and_which_were_not_reached) {
    const Explanation told = Given(refused()).told();
    ASSERT_EQ(told.phases.size(), 4u);
    EXPECT_EQ(told.phases[0], (Explanation::Step{"resolve", 200us, 200us, "ok", false}));
    EXPECT_EQ(told.phases[1], (Explanation::Step{"connect", 400us, 500us, "failed", true}));
    EXPECT_EQ(told.phases[2], (Explanation::Step{"tls", std::nullopt, 4ms, "not reached", false}));
    EXPECT_EQ(told.phases[3].came_to, "not reached");
}

TEST(Explain, says_that_a_kept_connection_needs_no_connect) {
    Outcome outcome = ok("PONG");
    outcome.phases = {{"request", 1ms}};
    const Explanation told = Given(outcome).told();
    ASSERT_EQ(told.phases.size(), 4u);
    EXPECT_EQ(told.phases[0].came_to, "not needed");
    EXPECT_EQ(told.phases[3].came_to, "ok");
}

TEST(Explain, names_a_phase_that_hung_before_it_was_timed) {
    Outcome outcome = failed("timeout", ErrorClass::timeout);
    outcome.phases = {{"resolve", 200us}};
    outcome.failed_phase = "connect";
    const Explanation told = Given(outcome).told();
    EXPECT_EQ(told.phases[1],
              (Explanation::Step{"connect", std::nullopt, 500us, "timed out", true}));
    EXPECT_EQ(told.phases[2].came_to, "not reached");
    EXPECT_NE(told.means.find("did not answer in time in the phase connect"), std::string::npos);
}

TEST(Explain, separates_the_words_of_the_other_side_from_those_of_vitals) {
    const Explanation told = Given(refused()).told();
    EXPECT_EQ(told.saw, "connection refused");
    EXPECT_EQ(told.error, "10.0.0.1:80: refused");
    EXPECT_NE(told.means.find("nothing listens"), std::string::npos);
    EXPECT_EQ(told.means.find("10.0.0.1"), std::string::npos);
}

TEST(Explain, tells_the_rule_by_its_thresholds) {
    EXPECT_EQ(Given(refused()).told().rule,
              "26 runs in a row that failed; 3 make it failed, 1 ok run brings it back.");
    Given holding(refused());
    holding.state.judged = Status::ok;
    holding.state.failing_runs = 1;
    EXPECT_EQ(holding.told().rule, "1 run that failed; 3 failing runs make it failed.");
    Given stale(refused());
    stale.state.observed = now - 40s;
    stale.state.valid_until = now - 15s;
    EXPECT_EQ(stale.told().rule, "A result is valid for 25 s; the last one is 40 s old.");
    Given fresh(refused());
    fresh.state.last = nullptr;
    EXPECT_EQ(fresh.told().rule, "Before the first result it is unknown.");
    EXPECT_TRUE(fresh.told().phases.empty());
}

TEST(Explain, names_the_cause_and_what_happened_just_before) {
    Given given(refused());
    given.component.depends_on = {"databases/main"};
    given.state.component = std::make_shared<Component>(given.component);
    given.snapshot.causes.emplace("payments/node", "databases/main");
    const auto happened = [&](System when, Happening::What what, std::string component,
                              std::string text) {
        auto made = std::make_shared<Happening>();
        made->at = when;
        made->what = what;
        made->component = std::move(component);
        made->text = std::move(text);
        given.board.happenings.push_back(made);
    };
    happened(at + 5s, Happening::What::announced, "", "too late");
    happened(at - 1min, Happening::What::announced, "", "4.18.2 deployed\nby x");
    happened(at - 2min, Happening::What::transition, "other/one", "unrelated");
    happened(at - 3min, Happening::What::reloaded, "", "1 changed");
    happened(at - 11min, Happening::What::announced, "", "too early");
    const Explanation told = given.told();
    EXPECT_NE(told.means.find("It needs databases/main"), std::string::npos);
    ASSERT_EQ(told.before.size(), 2u);
    EXPECT_EQ(told.before[0].what, "the configuration was loaded: 1 changed");
    EXPECT_EQ(told.before[1].what, "4.18.2 deployed by x");
}

TEST(Explain, says_that_vitals_could_not_look) {
    Outcome outcome = unknown("no file descriptors left");
    EXPECT_EQ(Given(outcome).told().means,
              "vitals itself could not look. This says nothing about the component.");
}

}  // namespace
}  // namespace vitals
