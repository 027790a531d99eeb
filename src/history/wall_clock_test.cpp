// When history is thrown away, and when not.
#include "history/wall_clock.hpp"

#include <gtest/gtest.h>

namespace vitals::history {
namespace {

using namespace std::chrono_literals;

const System noon = System(std::chrono::seconds(1'800'000'000));
const Steady start = Steady(1'000'000s);
constexpr auto month = std::chrono::hours(24 * 30);

TEST(WallClock, is_trusted_while_it_runs_as_time_passes) {
    WallClock clock(month);
    EXPECT_TRUE(clock.believe(noon, start));
    EXPECT_TRUE(clock.believe(noon + 5s, start + 5s));
    EXPECT_TRUE(clock.believe(noon + 48h, start + 6s)) << "within a tenth of the month";
    EXPECT_EQ(clock.believed(), noon + 48h);
}

TEST(WallClock, is_not_trusted_for_a_day_after_a_leap) {
    WallClock clock(month);
    clock.believe(noon, start);
    const System leapt = noon + 10 * 365 * 24h;
    EXPECT_FALSE(clock.believe(leapt, start + 5s));
    EXPECT_FALSE(clock.believe(leapt + 23h, start + 23h));
    EXPECT_EQ(clock.believed(), noon) << "a restart must not believe it either";
    EXPECT_TRUE(clock.believe(leapt + 24h, start + 24h + 5s));
}

TEST(WallClock, is_trusted_again_once_it_is_right_for_a_day) {
    WallClock clock(month);
    clock.believe(noon, start);
    EXPECT_FALSE(clock.believe(noon + 1'000h, start + 5s));
    EXPECT_FALSE(clock.believe(noon + 10s, start + 10s));
    EXPECT_TRUE(clock.believe(noon + 24h + 5s, start + 24h + 5s));
}

TEST(WallClock, a_leap_between_two_processes_counts) {
    WallClock clock(month);
    clock.continue_from(noon);
    EXPECT_FALSE(clock.believe(noon + 100h, start));
    EXPECT_EQ(clock.believed(), noon);
    WallClock other(month);
    other.continue_from(noon);
    EXPECT_TRUE(other.believe(noon + 71h, start));
}

TEST(WallClock, is_trusted_when_it_is_set_back_because_nothing_is_removed) {
    WallClock clock(month);
    clock.believe(noon, start);
    EXPECT_TRUE(clock.believe(noon - 1'000h, start + 5s));
    EXPECT_FALSE(clock.believe(noon, start + 10s)) << "the way back is a leap";
}

}  // namespace
}  // namespace vitals::history
