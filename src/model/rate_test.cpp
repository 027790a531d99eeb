#include "model/rate.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

using namespace std::chrono_literals;

TEST(Rate, is_a_count_and_a_time) {
    EXPECT_EQ(parse_rate("3 per 1h"), (Rate{3, 1h}));
    EXPECT_EQ(parse_rate("1 per 90s"), (Rate{1, 90s}));
    EXPECT_EQ(to_string(Rate{3, 1h}), "3 per 1h");
}

TEST(Rate, is_refused_when_it_limits_nothing_or_allows_nothing) {
    for (const char* text :
         {"", "3", "3/h", "per 1h", "0 per 1h", "-1 per 1h", "3 per ", "3 per 0s", "3 per 10ms",
          "3 per hour", "3x per 1h", "4000000000 per 1h"})
        EXPECT_FALSE(parse_rate(text)) << text;
}

}  // namespace
}  // namespace vitals
