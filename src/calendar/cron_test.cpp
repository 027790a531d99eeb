// Expressions and when they come, over both clock changes.
#include "calendar/cron.hpp"

#include <gtest/gtest.h>

namespace vitals::calendar {
namespace {

using namespace std::chrono_literals;

System at(const char* utc) {
    int y = 0, mo = 0, d = 0, h = 0, mi = 0;
    EXPECT_EQ(std::sscanf(utc, "%d-%d-%dT%d:%d", &y, &mo, &d, &h, &mi), 5);
    const std::chrono::year_month_day day(std::chrono::year(y),
                                          std::chrono::month(static_cast<unsigned>(mo)),
                                          std::chrono::day(static_cast<unsigned>(d)));
    return std::chrono::sys_days(day) + std::chrono::hours(h) + std::chrono::minutes(mi);
}

const Zone berlin = Zone::find("Europe/Berlin").value();
const Zone utc = Zone::find("UTC").value();

Cron cron(std::string_view text) {
    auto made = Cron::parse(text);
    if (!made) throw std::runtime_error(made.error());
    return *made;
}

System next(std::string_view text, const char* after, const Zone& zone = utc) {
    return cron(text).next(zone, at(after)).value().at;
}

std::string problem(std::string_view text) {
    const auto made = Cron::parse(text);
    return made ? "" : made.error();
}

TEST(Cron, fields_lists_ranges_steps_and_names) {
    EXPECT_EQ(next("0 3 * * *", "2026-11-30T02:59"), at("2026-11-30T03:00"));
    EXPECT_EQ(next("0 3 * * *", "2026-11-30T03:00"), at("2026-12-01T03:00"));
    EXPECT_EQ(next("*/15 * * * *", "2026-11-30T10:01"), at("2026-11-30T10:15"));
    EXPECT_EQ(next("5,50 8-18/5 * * *", "2026-11-30T08:10"), at("2026-11-30T08:50"));
    EXPECT_EQ(next("5,50 8-18/5 * * *", "2026-11-30T08:50"), at("2026-11-30T13:05"));
    EXPECT_EQ(next("0 0 1 Jan *", "2026-11-30T00:00"), at("2027-01-01T00:00"));
    EXPECT_EQ(next("0 9 * * mon-FRI", "2026-11-27T09:00"), at("2026-11-30T09:00"));
    EXPECT_EQ(next("0 9 * * 7", "2026-11-30T00:00"), at("2026-12-06T09:00"));
    EXPECT_EQ(next("\t0  9 * * 0 ", "2026-11-30T00:00"), at("2026-12-06T09:00"));
    EXPECT_EQ(next("@Daily", "2026-11-30T00:00"), at("2026-12-01T00:00"));
    EXPECT_EQ(next("@weekly", "2026-11-30T00:00"), at("2026-12-06T00:00"));
}

TEST(Cron, either_day_is_enough_where_both_are_restricted) {
    // 2026-12-04 is a Friday.
    EXPECT_EQ(next("0 0 13 * fri", "2026-11-30T00:00"), at("2026-12-04T00:00"));
    EXPECT_EQ(next("0 0 13 * fri", "2026-12-11T00:00"), at("2026-12-13T00:00"));
    // A star with a step is no restriction of that sort: both must fit.
    EXPECT_EQ(next("0 0 */2 * fri", "2026-11-30T00:00"), at("2026-12-11T00:00"));
}

TEST(Cron, rare_days_come_and_impossible_ones_are_refused) {
    EXPECT_EQ(next("0 0 29 2 *", "2096-03-01T00:00"), at("2104-02-29T00:00"));
    EXPECT_EQ(problem("0 0 31 2,4 *"), "31 2,4: no such month has such a day");
    EXPECT_EQ(problem("0 0 31 2 mon"), "");
}

TEST(Cron, problems_name_the_field_and_what_is_expected) {
    EXPECT_EQ(problem("60 3 * * *"), "minute '60': expected 0 to 59");
    EXPECT_EQ(problem("0 -1 * * *"), "hour '': expected 0 to 23");
    EXPECT_EQ(problem("0 3 0 * *"), "day of the month '0': expected 1 to 31");
    EXPECT_EQ(problem("0 3 * foo *"), "month 'foo': expected 1 to 12 or a name such as jan");
    EXPECT_EQ(problem("0 3 * * 8"), "day of the week '8': expected 0 to 7 or a name such as sun");
    EXPECT_EQ(problem("0 3 * * fri-mon"),
              "day of the week 'fri-mon': the range ends before it "
              "begins; write it as two ranges");
    EXPECT_EQ(problem("5/10 * * * *"),
              "minute '5/10': a step needs a range, such as */10 or 0-30/10");
    EXPECT_EQ(problem("*/0 * * * *"), "minute '*/0': a step is a number from 1 to 59");
    EXPECT_EQ(problem("*/99999999999 * * * *"),
              "minute '*/99999999999': a step is a number from 1 to 59");
    EXPECT_EQ(problem("1,,2 * * * *"), "minute '': expected 0 to 59");
    EXPECT_EQ(problem("0 3 * *"),
              "found 4 fields, expected 5: minute, hour, day of the month, "
              "month, day of the week");
    EXPECT_EQ(problem("0 0 3 * * *"),
              "found 6 fields, expected 5: minute, hour, day of the month, month, day of the week "
              "(without seconds, a year or a command)");
    EXPECT_EQ(problem("TZ=UTC 0 3 * * *"),
              "'TZ=UTC' is no field; the time zone has an option of its own, 'zone'");
    EXPECT_EQ(problem("@reboot"), "@reboot is no time; leave the schedule out");
    EXPECT_EQ(problem("@dayly").substr(0, 30), "'@dayly' is not known; expecte");
    EXPECT_EQ(problem(""),
              "found 0 fields, expected 5: minute, hour, day of the month, month, "
              "day of the week");
    EXPECT_EQ(problem(std::string(257, '*')), "an expression has at most 256 bytes");
    EXPECT_NE(problem("0 3 L * *"), "");
    EXPECT_NE(problem("0 3 ? * 1#2"), "");
}

// Berlin goes from 2 to 3 at 2026-03-29 01:00 UTC.
TEST(Cron, a_time_that_is_skipped_may_be_taken_from_the_change_on) {
    const auto due = cron("30 2 * * *").next(berlin, at("2026-03-28T12:00")).value();
    EXPECT_EQ(due.at, at("2026-03-29T01:00")) << "cron makes up for it at once";
    EXPECT_EQ(due.latest, at("2026-03-29T01:30")) << "others go on by the old clock";
    const auto after = cron("30 2 * * *").next(berlin, due.at).value();
    EXPECT_EQ(after, (Cron::Due{at("2026-03-30T00:30"), at("2026-03-30T00:30")}));
}

TEST(Cron, what_follows_the_clock_is_not_made_up_for) {
    EXPECT_EQ(next("*/30 2 * * *", "2026-03-28T12:00", berlin), at("2026-03-30T00:00"));
    EXPECT_EQ(next("30 * * * *", "2026-03-29T00:30", berlin), at("2026-03-29T01:30"));
}

// Berlin goes from 3 to 2 at 2026-10-25 01:00 UTC.
TEST(Cron, a_time_that_is_shown_twice_is_one_time) {
    const auto due = cron("30 2 * * *").next(berlin, at("2026-10-24T12:00")).value();
    EXPECT_EQ(due, (Cron::Due{at("2026-10-25T00:30"), at("2026-10-25T01:30")}));
    for (const char* later : {"2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30"})
        EXPECT_EQ(next("30 2 * * *", later, berlin), at("2026-10-26T01:30")) << later;
    EXPECT_EQ(next("30 * * * *", "2026-10-25T00:30", berlin), at("2026-10-25T02:30"));
}

TEST(Cron, every_time_comes_once_whatever_the_clock_does) {
    for (const char* text : {"*/7 * * * *", "0 * * * *", "0 2 * * *", "59 2,3 * * *"}) {
        const Cron each = cron(text);
        for (const char* begin : {"2026-03-28T20:00", "2026-10-24T20:00"}) {
            System now = at(begin);
            std::optional<System> before;
            while (now < at(begin) + 12h) {
                const auto due = each.next(berlin, now).value();
                EXPECT_GT(due.at, now);
                EXPECT_GE(due.latest, due.at);
                if (before) EXPECT_GT(due.at, *before);
                before = now = due.at;
            }
        }
    }
}

TEST(Zone, knows_names_and_clocks) {
    EXPECT_EQ(berlin.name(), "Europe/Berlin");
    EXPECT_EQ(berlin.text(at("2026-03-29T00:59")), "2026-03-29 01:59 CET");
    EXPECT_EQ(berlin.text(at("2026-03-29T01:00")), "2026-03-29 03:00 CEST");
    EXPECT_EQ(Zone::find("Europe/Atlantis").error().substr(0, 42),
              "'Europe/Atlantis' is not a known time zone");
    EXPECT_FALSE(Zone::here().name().empty());
}

}  // namespace
}  // namespace vitals::calendar
