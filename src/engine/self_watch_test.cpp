// The component vitals/engine. Time is stepped.
#include "engine/self_watch.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

namespace vitals::engine {
namespace {

using namespace std::chrono_literals;

TEST(SelfWatch, is_ok_while_the_loop_is_a_little_late) {
    SelfWatch watch;
    watch.woke_late(900ms);
    EXPECT_EQ(watch.report(Steady(), {}, 3).status, Status::ok);
    EXPECT_EQ(watch.figures().lag, 900ms);
    EXPECT_EQ(watch.figures().running, 3u);
}

TEST(SelfWatch, tells_the_largest_lag_since_the_last_report) {
    SelfWatch watch;
    watch.woke({.late = 1500ms}, Steady());
    watch.woke_late(20ms);
    EXPECT_EQ(watch.report(Steady(), {}, 0).detail, "the scheduler woke 1500 ms late");
    EXPECT_EQ(watch.report(Steady(1s), {}, 0).status, Status::ok);
}

TEST(SelfWatch, remembers_missed_runs_for_a_minute) {
    SelfWatch watch;
    watch.woke({.missed = 2}, Steady());
    EXPECT_EQ(watch.report(Steady(59s), {}, 0).detail, "runs were missed within the last minute");
    EXPECT_EQ(watch.report(Steady(60s), {}, 0).status, Status::ok);
    EXPECT_EQ(watch.figures().missed_ticks, 2u);
}

TEST(SelfWatch, is_degraded_when_a_lane_is_full_of_hung_calls) {
    SelfWatch watch;
    const std::vector<net::LaneFigures> lanes = {
        {.kind = "dns", .running = 1, .hung = 0, .limit = 4},
        {.kind = "disk", .running = 4, .hung = 4, .limit = 4}};
    EXPECT_EQ(watch.report(Steady(), lanes, 5).detail,
              "every thread for checks of kind disk hangs");
    EXPECT_EQ(watch.figures().hung, 4u);
}

TEST(SelfWatch, holds_runs_back_while_few_descriptors_are_left) {
    Descriptors present{.left = 900, .limit = 1024};
    SelfWatch watch([&] { return present; });
    EXPECT_TRUE(watch.may_begin(Steady()));
    EXPECT_EQ(watch.report(Steady(), {}, 1).status, Status::ok);
    present.left = 128;
    EXPECT_TRUE(watch.may_begin(Steady())) << "counted again only once it matters";
    watch.report(Steady(), {}, 1);
    EXPECT_FALSE(watch.may_begin(Steady(1s)));
    EXPECT_EQ(watch.report(Steady(1s), {}, 1).detail,
              "runs could not begin within the last minute: 128 of 1024 descriptors left");
    present.left = 129;
    EXPECT_TRUE(watch.may_begin(Steady(2s)));
    EXPECT_EQ(watch.report(Steady(60s), {}, 1).status, Status::degraded);
    EXPECT_EQ(watch.report(Steady(61s), {}, 1).status, Status::ok);
}

TEST(SelfWatch, counts_again_before_more_runs_begin_than_descriptors_were_left) {
    Descriptors present{.left = 130, .limit = 1024};
    SelfWatch watch([&] { return present; });
    EXPECT_TRUE(watch.may_begin(Steady()));
    EXPECT_TRUE(watch.may_begin(Steady()));
    present.left = 128;
    EXPECT_FALSE(watch.may_begin(Steady()));
}

TEST(SelfWatch, counts_the_descriptors_of_this_process) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit few = before;
    few.rlim_cur = 64;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const Descriptors free = count_descriptors();
    EXPECT_EQ(free.limit, 64u);
    EXPECT_GT(free.left, 0u);
    std::vector<int> held;
    for (int one = eventfd(0, EFD_CLOEXEC); one >= 0; one = eventfd(0, EFD_CLOEXEC))
        held.push_back(one);
    EXPECT_EQ(count_descriptors().left, 0u);
    ASSERT_GE(held.size(), 3u);
    for (int i = 0; i < 3; ++i) {
        close(held.back());
        held.pop_back();
    }
    EXPECT_EQ(count_descriptors().left, 3u);
    for (const int one : held) close(one);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace vitals::engine
