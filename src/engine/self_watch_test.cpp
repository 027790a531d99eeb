// The component vitals/engine. Time is stepped.
#include "engine/self_watch.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace vitals::engine
