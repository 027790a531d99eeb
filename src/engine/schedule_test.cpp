// When runs come, on a clock that is stepped: no thread, no loop, no waiting.
#include "engine/schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace vitals::engine {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

// A component whose runs take no time, from its first run on.
class Component {
  public:
    explicit Component(const Policy& policy, double place = 0)
        : policy_(policy), schedule_(policy, place) {
        schedule_.start(now_, 0ms);
    }

    // The time passes until the next run begins.
    Milliseconds next() {
        now_ = schedule_.next();
        schedule_.wake(now_);
        return std::chrono::duration_cast<Milliseconds>(now_.time_since_epoch());
    }
    // That run ends with this result.
    void ends(Status found, Steady::duration took = 0ms) {
        const Steady began = now_;
        now_ += took;
        judged_ = judge(judged_, found, policy_);
        schedule_.ran(pace_after(judged_, found), began, now_);
    }
    Milliseconds run(Status found, Steady::duration took = 0ms) {
        const Milliseconds at = next();
        ends(found, took);
        return at;
    }
    Status shown() const { return judged_.status; }
    Steady now() const { return now_; }

  private:
    Policy policy_;
    Schedule schedule_;
    Judgement judged_;
    Steady now_{};
};

std::vector<Milliseconds> runs(Component& component, const std::vector<Status>& results) {
    std::vector<Milliseconds> at;
    for (const Status result : results) at.push_back(component.run(result));
    return at;
}

constexpr Status well = Status::ok;
constexpr Status bad = Status::failed;

TEST(Schedule, runs_come_every_interval_in_a_place_of_their_own) {
    Component first(Policy{.interval = 10s});
    EXPECT_EQ(runs(first, {well, well, well}), (std::vector<Milliseconds>{0s, 5s, 15s}));
    Component other(Policy{.interval = 10s}, 0.5);
    EXPECT_EQ(runs(other, {well, well, well}), (std::vector<Milliseconds>{0ms, 7500ms, 17500ms}));
}

TEST(Schedule, runs_come_soon_while_there_is_doubt) {
    Component component(Policy{.interval = 10s, .failures = 3, .successes = 2});
    EXPECT_EQ(runs(component, {well, well, bad, bad}),
              (std::vector<Milliseconds>{0s, 5s, 15s, 17s}));
    EXPECT_EQ(component.shown(), well);
    EXPECT_EQ(component.run(bad), 19s);
    EXPECT_EQ(component.shown(), bad);
    // Known to be down, it is looked at in its usual places; its recovery is a doubt again.
    EXPECT_EQ(runs(component, {bad, well, well, well}),
              (std::vector<Milliseconds>{25s, 35s, 37s, 45s}));
    EXPECT_EQ(component.shown(), well);
}

TEST(Schedule, a_doubt_that_was_none_changes_no_place) {
    Component component(Policy{.interval = 10s, .failures = 3});
    EXPECT_EQ(runs(component, {well, well, bad, well, well}),
              (std::vector<Milliseconds>{0s, 5s, 15s, 17s, 25s}));
}

TEST(Schedule, the_first_verdict_comes_soon) {
    Component component(Policy{.interval = 60s, .failures = 3});
    EXPECT_EQ(runs(component, {bad, bad, bad}), (std::vector<Milliseconds>{0s, 12s, 24s}));
    EXPECT_EQ(component.shown(), bad);
}

TEST(Schedule, a_retry_interval_of_its_own_is_obeyed) {
    Component component(Policy{.interval = 10s, .failures = 3, .retry_interval = 500ms});
    EXPECT_EQ(runs(component, {well, well, bad, bad, bad}),
              (std::vector<Milliseconds>{0ms, 5000ms, 15000ms, 15500ms, 16000ms}));
}

TEST(Schedule, a_retry_follows_a_long_run_at_once) {
    Component component(Policy{.interval = 10s, .failures = 2});
    component.run(bad, 4s);
    EXPECT_EQ(component.next(), 4s + retry_pause);
}

TEST(Schedule, what_is_down_is_looked_at_less_often) {
    Component component(Policy{.interval = 10s, .down_interval = 60s});
    EXPECT_EQ(runs(component, {well, bad, bad, bad, well, well}),
              (std::vector<Milliseconds>{0s, 5s, 15s, 75s, 135s, 145s}));
}

TEST(Schedule, a_blind_run_is_no_doubt) {
    Component component(Policy{.interval = 10s, .failures = 3});
    EXPECT_EQ(runs(component, {well, well, Status::unknown, well}),
              (std::vector<Milliseconds>{0s, 5s, 15s, 25s}));
}

TEST(Schedule, ticks_that_passed_are_counted_and_left_out) {
    Schedule schedule(Policy{.interval = 10s}, 0);
    schedule.start(Steady{}, 0ms);
    schedule.wake(Steady{});
    schedule.ran(Pace::usual, Steady{}, Steady{});
    const auto woken = schedule.wake(Steady{} + 36s);  // 5 s was its time
    EXPECT_EQ(woken.missed, 3u);
    EXPECT_EQ(woken.late, 31s);
    EXPECT_EQ(schedule.next(), Steady{} + 45s);
}

// Every fault is told within what `vitals validate` says, whenever it begins and however its runs
// fail.
TEST(Schedule, keeps_to_its_bound) {
    for (const Steady::duration took : {Steady::duration(0ms), Steady::duration(2s)})
        for (const unsigned failures : {1u, 2u, 3u, 7u})
            for (int good = 1; good < 5; ++good) {
                const Policy policy{.interval = 10s, .timeout = 2s, .failures = failures};
                Component component(policy, 0.7);
                for (int i = 0; i < good; ++i) component.run(well);
                const Steady fault = component.now();
                while (component.shown() != bad) component.run(bad, took);
                EXPECT_LE(component.now() - fault, policy.told_after());
            }
    EXPECT_EQ((Policy{.interval = 10s, .timeout = 2s, .failures = 3}.told_after()), 16200ms);
    EXPECT_EQ((Policy{.interval = 10s, .timeout = 5s}.told_after()), 15s);
    EXPECT_EQ((Policy{.interval = 10s, .timeout = 8s}.told_after()), 21s);
}

TEST(Schedule, a_result_is_fresh_until_the_next_but_one) {
    const Policy policy{.interval = 10s, .timeout = 5s, .down_interval = 60s};
    EXPECT_EQ(policy.validity(), 25s);
    EXPECT_EQ(policy.validity(Pace::retry), 25s);
    EXPECT_EQ(policy.validity(Pace::down), 125s);
}

}  // namespace
}  // namespace vitals::engine
