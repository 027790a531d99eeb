#include "text/amount.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(Amount, writes_bytes_in_binary_units) {
    EXPECT_EQ(about_bytes(0), "0 B");
    EXPECT_EQ(about_bytes(1023), "1023 B");
    EXPECT_EQ(about_bytes(1536), "1.5 KiB");
    EXPECT_EQ(about_bytes(1ull << 20), "1 MiB");
    EXPECT_EQ(about_bytes((1ull << 20) - 1), "1 MiB");
    EXPECT_EQ(about_bytes(13'207'024'435), "12.3 GiB");
    EXPECT_EQ(about_bytes(512ull << 30), "512 GiB");
    EXPECT_EQ(about_bytes(UINT64_MAX), "16 EiB");
}

TEST(Amount, writes_durations_in_one_unit) {
    EXPECT_EQ(about_duration(milliseconds(0)), "0 ms");
    EXPECT_EQ(about_duration(milliseconds(999)), "999 ms");
    EXPECT_EQ(about_duration(milliseconds(1'500)), "1.5 s");
    EXPECT_EQ(about_duration(milliseconds(119'000)), "119 s");
    EXPECT_EQ(about_duration(milliseconds(300'000)), "5 min");
    EXPECT_EQ(about_duration(milliseconds(3 * 3'600'000 + 1'800'000)), "3.5 h");
    EXPECT_EQ(about_duration(std::chrono::hours(24 * 30)), "30 d");
    EXPECT_EQ(about_duration(milliseconds(-5'000)), "-5 s");
}

TEST(Amount, writes_percentages_with_one_decimal) {
    EXPECT_EQ(about_percent(0), "0%");
    EXPECT_EQ(about_percent(85), "85%");
    EXPECT_EQ(about_percent(85.06), "85.1%");
    EXPECT_EQ(about_percent(99.95), ">99.9%");
    EXPECT_EQ(about_percent(100), "100%");
}

TEST(Spoken, writes_figures_as_people_say_them) {
    EXPECT_EQ(spoken_age(-3s), "0 s");
    EXPECT_EQ(spoken_age(119s), "119 s");
    EXPECT_EQ(spoken_age(5min), "5 min");
    EXPECT_EQ(spoken_age(3h), "3 h");
    EXPECT_EQ(spoken_age(100h), "4 d");
    EXPECT_EQ(spoken_duration(380us), "0.4 ms");
    EXPECT_EQ(spoken_duration(12'340us), "12 ms");
    EXPECT_EQ(spoken_duration(1'200ms), "1.2 s");
    EXPECT_EQ(counted(1, "check"), "1 check");
    EXPECT_EQ(counted(0, "check"), "0 checks");
    EXPECT_EQ(counted(2, "query", "queries"), "2 queries");
}

}  // namespace
}  // namespace vitals::text
