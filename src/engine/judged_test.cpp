// How outcomes become states: thresholds, slow runs, freshness and since when. Time is stepped.
#include "engine/judged.hpp"

#include <gtest/gtest.h>

namespace vitals::engine {
namespace {

using namespace std::chrono_literals;

class JudgedTest : public ::testing::Test {
  protected:
    JudgedTest() {
        policy.interval = 10s;
        policy.timeout = 5s;
    }

    Judged::Verdict take(Outcome outcome, Steady::duration after = 10s) {
        now += after;
        wall += std::chrono::duration_cast<System::duration>(after);
        return judged.take(std::move(outcome), policy, now, wall);
    }
    const ComponentState& state() const { return *judged.state(); }

    Steady now{1000s};
    System wall{100'000s};
    Policy policy;
    Judged judged{std::make_shared<Component>(Component{.name = "db"}), wall};
};

TEST_F(JudgedTest, is_unknown_before_the_first_result) {
    EXPECT_EQ(state().status(now + 1h), Status::unknown);
    EXPECT_EQ(state().detail(now + 1h), "not run yet");
}

TEST_F(JudgedTest, tells_with_a_recovery_how_long_it_was_not_ok) {
    take(ok());
    EXPECT_EQ(take(degraded("slow")).lasted, 10s) << "so long it was ok";
    EXPECT_EQ(take(failed("gone"), 60s).lasted, 60s);
    EXPECT_EQ(take(ok(), 120s).lasted, 180s);
    take(failed("gone"));
    EXPECT_EQ(take(ok(), 30s).lasted, 30s);
}

TEST_F(JudgedTest, tells_with_a_recovery_how_long_it_was_not_ok_also_before_this_process) {
    judged.resume(RememberedComponent{.status = Status::failed, .since = wall - 1h});
    EXPECT_EQ(take(ok()).lasted, 1h + 10s);
}

TEST(TransitionLine, says_what_changed_and_how_long_it_was_down) {
    Transition transition{.component = "db",
                          .from = Status::failed,
                          .to = Status::ok,
                          .detail = "fine",
                          .lasted = 192s};
    EXPECT_EQ(transition_line(transition), "db: failed -> ok after 3.2 min (fine)");
    transition = {.component = "db",
                  .from = Status::ok,
                  .to = Status::failed,
                  .detail = "gone",
                  .error = "h:1\nx",
                  .lasted = 192s};
    EXPECT_EQ(transition_line(transition), "db: ok -> failed (gone): h:1 x");
    transition = {.component = "db", .from = Status::unknown, .to = Status::ok, .detail = "fine"};
    EXPECT_EQ(transition_line(transition), "db: unknown -> ok (fine)");
}

TEST_F(JudgedTest, changes_with_the_first_result) {
    const Judged::Verdict verdict = take(ok("fine"));
    EXPECT_TRUE(verdict.first);
    EXPECT_TRUE(verdict.changed);
    EXPECT_EQ(verdict.from, Status::unknown);
    EXPECT_EQ(verdict.wanted, Pace::usual);
    EXPECT_EQ(state().since, wall);
    EXPECT_EQ(verdict.lasted, 0s);
    EXPECT_FALSE(take(ok()).changed);
    EXPECT_EQ(state().runs[0], 2u);
    EXPECT_EQ(state().transitions[0], 1u);
}

TEST_F(JudgedTest, holds_a_change_back_while_the_threshold_counts) {
    policy.failures = 3;
    policy.successes = 2;
    take(ok());
    for (const unsigned count : {1u, 2u}) {
        const Judged::Verdict held = take(failed("gone"));
        EXPECT_FALSE(held.changed);
        EXPECT_EQ(held.wanted, Pace::retry);
        EXPECT_EQ(state().judged, Status::ok);
        EXPECT_EQ(state().failing_runs, count);
    }
    const Judged::Verdict fell = take(failed("gone"));
    EXPECT_TRUE(fell.changed);
    EXPECT_EQ(fell.wanted, Pace::down);
    EXPECT_EQ(state().transitions[2], 1u);
    EXPECT_EQ(take(ok()).wanted, Pace::retry);
    EXPECT_EQ(state().judged, Status::failed);
    EXPECT_TRUE(take(ok()).changed);
    EXPECT_EQ(state().judged, Status::ok);
}

TEST_F(JudgedTest, a_slow_run_is_degraded_and_says_so) {
    policy.slow_above = 100ms;
    Outcome slow = ok("fine");
    slow.duration = 150ms;
    take(slow);
    EXPECT_EQ(state().judged, Status::degraded);
    EXPECT_EQ(state().last->detail, "slow: 150 ms, more than 100 ms");
    slow.status = Status::failed;
    slow.detail = "refused";
    take(slow);
    EXPECT_EQ(state().last->detail, "refused") << "a failing run has its own words";
    Outcome quick = ok("fine");
    quick.duration = 100ms;
    take(quick);
    EXPECT_EQ(state().judged, Status::ok);
}

TEST_F(JudgedTest, a_result_is_fresh_for_two_intervals_and_the_timeout) {
    take(ok());
    EXPECT_EQ(state().status(now + 25s), Status::ok);
    EXPECT_EQ(state().status(now + 25s + 1ns), Status::unknown);
    EXPECT_EQ(state().detail(now + 26s), "stale");
    judged.set_valid_until(now + 1h);
    EXPECT_EQ(state().status(now + 1h), Status::ok);
    judged.take(ok(), policy, now, wall, 3s);
    EXPECT_EQ(state().valid_until, now + 3s) << "whoever brings it may say so";
}

TEST_F(JudgedTest, since_outlives_a_restart_where_the_first_result_is_the_old_one) {
    const System old{1000s};
    judged.resume(RememberedComponent{.component = "db", .status = Status::ok, .since = old});
    EXPECT_EQ(state().judged, Status::unknown) << "only a run tells";
    const Judged::Verdict verdict = take(ok());
    EXPECT_TRUE(verdict.resumed);
    EXPECT_FALSE(verdict.changed);
    EXPECT_EQ(state().since, old);
    EXPECT_FALSE(judged.before());
}

TEST_F(JudgedTest, a_change_over_a_restart_is_told_as_one_from_what_it_was) {
    judged.resume(
        RememberedComponent{.component = "db", .status = Status::ok, .since = System{1000s}});
    const Judged::Verdict verdict = take(failed("gone"));
    EXPECT_TRUE(verdict.changed);
    EXPECT_EQ(verdict.from, Status::ok);
    EXPECT_EQ(state().since, wall);
}

TEST_F(JudgedTest, what_was_down_recovers_by_its_thresholds_also_after_a_restart) {
    policy.successes = 3;
    judged.resume(RememberedComponent{.component = "db", .status = Status::failed});
    take(ok());
    EXPECT_EQ(state().judged, Status::failed) << "one passing run of three";
    take(ok());
    take(ok());
    EXPECT_EQ(state().judged, Status::ok);
    EXPECT_EQ(state().passing_runs, 3u);
}

TEST_F(JudgedTest, a_doubt_leaves_open_what_it_was_before_a_restart) {
    policy.failures = 3;
    judged.resume(RememberedComponent{.component = "db", .status = Status::ok});
    EXPECT_FALSE(take(failed("gone")).resumed);
    EXPECT_TRUE(judged.before()) << "nothing is judged yet";
}

}  // namespace
}  // namespace vitals::engine
