// Windows by a local clock, over both clock changes.
#include "alerts/hours.hpp"

#include <gtest/gtest.h>

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;

// Seconds since 1970.
System at(long seconds) {
    return System{} + std::chrono::seconds(seconds);
}

Hours make(HoursSpec spec) {
    return Hours::make(std::move(spec)).value();
}

constexpr long march_29 = 1774742400;    // 2026-03-29 00:00 UTC: Berlin goes from 2 to 3 at 01:00
constexpr long october_25 = 1792886400;  // 2026-10-25 00:00 UTC: Berlin goes from 3 to 2 at 01:00

TEST(Hours, a_window_begins_with_its_first_minute_and_ends_before_its_last) {
    const Hours hours = make({.from = 7 * 60, .to = 20 * 60});
    EXPECT_FALSE(hours.contains(at(march_29 + 7 * 3600 - 1)));
    EXPECT_TRUE(hours.contains(at(march_29 + 7 * 3600)));
    EXPECT_TRUE(hours.contains(at(march_29 + 20 * 3600 - 1)));
    EXPECT_FALSE(hours.contains(at(march_29 + 20 * 3600)));
}

TEST(Hours, a_window_over_midnight_belongs_to_its_first_day) {
    // 2026-03-29 is a Sunday.
    const Hours hours = make(
        {.days = {false, false, false, false, false, true, false}, .from = 22 * 60, .to = 6 * 60});
    EXPECT_TRUE(hours.contains(at(march_29 - 1)));             // Saturday 23:59:59
    EXPECT_TRUE(hours.contains(at(march_29 + 6 * 3600 - 1)));  // Sunday 05:59:59
    EXPECT_FALSE(hours.contains(at(march_29 + 6 * 3600)));
    EXPECT_FALSE(hours.contains(at(march_29 + 22 * 3600)));     // Sunday evening
    EXPECT_FALSE(hours.contains(at(march_29 - 86400 + 3600)));  // Saturday 01:00 is Friday's
}

TEST(Hours, equal_ends_are_a_whole_day) {
    const Hours hours = make(
        {.days = {false, false, false, false, false, true, false}, .from = 12 * 60, .to = 12 * 60});
    EXPECT_FALSE(hours.contains(at(march_29 - 12 * 3600 - 1)));
    EXPECT_TRUE(hours.contains(at(march_29 - 12 * 3600)));
    EXPECT_TRUE(hours.contains(at(march_29 + 12 * 3600 - 1)));
    EXPECT_FALSE(hours.contains(at(march_29 + 12 * 3600)));
}

TEST(Hours, the_local_clock_decides_on_the_day_without_half_past_two) {
    const Hours hours = make({.zone = "Europe/Berlin", .from = 2 * 60 + 30, .to = 6 * 60 + 30});
    EXPECT_FALSE(hours.contains(at(march_29 + 3600 - 1)));  // 01:59:59
    EXPECT_TRUE(hours.contains(at(march_29 + 3600)));       // 03:00:00
    EXPECT_TRUE(hours.contains(at(march_29 + 4 * 3600 + 1800 - 1)));
    EXPECT_FALSE(hours.contains(at(march_29 + 4 * 3600 + 1800)));  // 06:30 in summer
}

TEST(Hours, the_local_clock_decides_on_the_day_with_two_half_past_twos) {
    const Hours hours = make({.zone = "Europe/Berlin", .from = 2 * 60 + 30, .to = 3 * 60});
    EXPECT_FALSE(hours.contains(at(october_25 + 1799)));
    EXPECT_TRUE(hours.contains(at(october_25 + 1800)));   // 02:30 in summer
    EXPECT_FALSE(hours.contains(at(october_25 + 3600)));  // 02:00 again
    EXPECT_TRUE(hours.contains(at(october_25 + 5400)));   // 02:30 in winter
    EXPECT_FALSE(hours.contains(at(october_25 + 7200)));
}

TEST(Hours, an_unknown_zone_a_late_minute_and_no_day_are_refused) {
    EXPECT_EQ(Hours::make({.zone = "Europe/Bonn"}).error(),
              "'Europe/Bonn' is not a known time zone; expected a name like Europe/Berlin (is the "
              "package tzdata installed?)");
    EXPECT_EQ(Hours::make({.zone = "../../etc/passwd"}).has_value(), false);
    EXPECT_EQ(Hours::make({.from = 1440}).error(), "a time of day lies between 00:00 and 23:59");
    EXPECT_EQ(Hours::make({.days = {}}).error(), "no day is named, so these hours never come");
}

TEST(Hours, the_next_minute_is_later_even_at_a_full_one) {
    EXPECT_EQ(next_minute(at(120)), at(180));
    EXPECT_EQ(next_minute(at(179)), at(180));
    EXPECT_EQ(next_minute(at(179) + 999ms), at(180));
}

}  // namespace
}  // namespace vitals::alerts
