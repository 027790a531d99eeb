// When the program of a failed component is run, in literal times.
#include "alerts/actions.hpp"

#include <gtest/gtest.h>

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

class Operator {
  public:
    explicit Operator(Rate at_most = {3, 1h}) {
        rule = {.run = {"restart"}, .at_most = at_most, .again_after = 5min};
        actions.configure({{"db", rule}});
    }
    Actions::Decisions settle() {
        auto decisions = actions.settle(now, [this](const std::string&) { return allowed; });
        for (const std::string& each : decisions.run) {
            ++runs;
            actions.ended(each, {"exit code 0", {}});
        }
        held += decisions.held.size();
        return decisions;
    }
    void judge(Status status) {
        actions.judged("db", status);
        settle();
    }
    void pass(Steady::duration time) {
        const Steady end = now + time;
        while (actions.next_deadline(now) <= end) {
            now = std::max(now, actions.next_deadline(now));
            settle();
        }
        now = end;
        settle();
    }

    OnFailed rule;
    Actions actions;
    Steady now{1'000'000s};
    bool allowed = true;
    unsigned runs = 0;
    std::size_t held = 0;
};

TEST(Actions, run_once_after_a_failure_and_again_after_a_while) {
    Operator vitals;
    vitals.judge(Status::ok);
    EXPECT_EQ(vitals.runs, 0u);
    vitals.judge(Status::failed);
    EXPECT_EQ(vitals.runs, 1u);
    vitals.pass(4min);
    vitals.judge(Status::failed);
    EXPECT_EQ(vitals.runs, 1u);
    vitals.pass(1min);
    EXPECT_EQ(vitals.runs, 2u);
}

TEST(Actions, each_turn_to_failed_counts_until_the_brake_holds) {
    Operator vitals;
    for (int turn = 0; turn < 10; ++turn) {
        vitals.judge(Status::failed);
        vitals.judge(Status::ok);
        vitals.pass(1min);
    }
    EXPECT_EQ(vitals.runs, 3u);
    EXPECT_EQ(vitals.held, 1u) << "said once";
    vitals.pass(50min);
    vitals.judge(Status::failed);
    EXPECT_EQ(vitals.runs, 4u) << "the first has left the hour";
}

TEST(Actions, while_it_stays_failed_the_brake_bounds_every_hour) {
    Operator vitals;
    vitals.judge(Status::failed);
    vitals.pass(24h);
    EXPECT_LE(vitals.runs, 75u);
    EXPECT_GE(vitals.runs, 70u);
}

TEST(Actions, what_is_unknown_is_neither_acted_for_nor_a_recovery) {
    Operator vitals;
    vitals.judge(Status::unknown);
    EXPECT_EQ(vitals.runs, 0u);
    vitals.judge(Status::failed);
    vitals.judge(Status::unknown);
    vitals.judge(Status::failed);
    EXPECT_EQ(vitals.runs, 1u);
}

TEST(Actions, run_as_soon_as_they_may) {
    Operator vitals;
    vitals.allowed = false;
    vitals.judge(Status::failed);
    vitals.pass(1h);
    EXPECT_EQ(vitals.runs, 0u);
    vitals.allowed = true;
    vitals.settle();
    EXPECT_EQ(vitals.runs, 1u);
}

TEST(Actions, nothing_is_run_while_one_is_under_way) {
    Operator vitals;
    vitals.actions.judged("db", Status::failed);
    EXPECT_EQ(vitals.actions.settle(vitals.now, [](const auto&) { return true; }).run, Names{"db"});
    vitals.now += 1h;
    EXPECT_TRUE(vitals.actions.settle(vitals.now, [](const auto&) { return true; }).run.empty());
}

TEST(Actions, a_restart_of_vitals_forgets_no_run) {
    Operator before({2, 1h});
    before.judge(Status::failed);
    before.judge(Status::ok);
    before.judge(Status::failed);
    EXPECT_EQ(before.runs, 2u);
    Operator after({2, 1h});
    EXPECT_TRUE(after.actions.restore(*before.actions.find("db")));
    after.now = before.now + 1min;
    after.judge(Status::ok);
    after.judge(Status::failed);
    EXPECT_EQ(after.runs, 0u);
    EXPECT_EQ(after.held, 1u);
    EXPECT_EQ(after.actions.held_until("db", after.now), before.now + 1h);
}

TEST(Actions, count_and_report_a_run_that_a_crash_interrupted) {
    Operator before;
    before.actions.judged("db", Status::failed);
    before.actions.settle(before.now, [](const auto&) { return true; });
    Operator after;
    EXPECT_FALSE(after.actions.restore(*before.actions.find("db")));
    after.judge(Status::failed);
    EXPECT_EQ(after.runs, 0u) << "still the same failure";
}

TEST(Actions, a_rule_that_is_gone_is_forgotten) {
    Operator vitals;
    vitals.judge(Status::failed);
    EXPECT_EQ(vitals.actions.configure({}), Names{"db"});
    EXPECT_EQ(vitals.actions.find("db"), nullptr);
    vitals.judge(Status::failed);
    EXPECT_EQ(vitals.runs, 1u);
}

}  // namespace
}  // namespace vitals::alerts
