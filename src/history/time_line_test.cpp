#include "history/time_line.hpp"

#include <gtest/gtest.h>

namespace vitals::history {
namespace {

using namespace std::chrono_literals;

const System noon{std::chrono::sys_days(std::chrono::year(2026) / 3 / 28) + 12h};
const Steady begun{100s};

TEST(TimeLine, runs_by_the_monotonic_clock) {
    const TimeLine line(noon, begun);
    EXPECT_EQ(line.at(begun), noon);
    EXPECT_EQ(line.at(begun + 90min), noon + 90min);
    EXPECT_EQ(line.at(begun - 1s), noon - 1s);
}

TEST(TimeLine, does_not_begin_before_an_earlier_one_ended) {
    EXPECT_EQ(TimeLine(noon, begun, noon + 10min).at(begun + 1s), noon + 10min + 1s);
    EXPECT_EQ(TimeLine(noon, begun, noon - 10min).at(begun + 1s), noon + 1s);
}

TEST(TimeLine, leaps_with_the_wall_clock) {
    TimeLine line(noon, begun);
    EXPECT_EQ(line.follow(noon + 64s, begun + 60s), std::nullopt);
    EXPECT_EQ(line.follow(noon + 1h, begun + 60s), (Stretch{noon + 60s, noon + 1h}));
    EXPECT_EQ(line.at(begun + 61s), noon + 1h + 1s);
    EXPECT_EQ(line.follow(noon + 1h + 1s, begun + 61s), std::nullopt);
}

TEST(TimeLine, goes_on_while_a_wall_clock_is_behind) {
    TimeLine line(noon, begun);
    EXPECT_EQ(line.follow(noon - 1h, begun + 60s), std::nullopt);
    EXPECT_EQ(line.at(begun + 60s), noon + 60s);
    EXPECT_EQ(line.follow(noon + 2h, begun + 1h), (Stretch{noon + 1h, noon + 2h}));
}

}  // namespace
}  // namespace vitals::history
