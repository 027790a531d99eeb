#include "model/uptime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vitals {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::seconds;

const System midnight{std::chrono::sys_days(std::chrono::year(2026) / 3 / 28)};

// A component, and what it was.
struct Told {
    std::vector<StateSpan> spans{{midnight, Spent::ok}};
    std::vector<Stretch> skipped;
    std::vector<Stretch> blind;
    std::vector<Stretch> maintenance;

    Watched watched() const { return {spans, skipped, blind, maintenance}; }
    Told& was(Spent state, seconds from, seconds to) {
        spans.push_back({midnight + from, state});
        spans.push_back({midnight + to, Spent::ok});
        return *this;
    }
};

Stretch stretch(seconds from, seconds to) {
    return {midnight + from, midnight + to};
}

Account of_a_day(const Told& told) {
    return account(told.watched(), midnight, midnight + 24h);
}

TEST(Uptime, counts_failed_time_against_what_was_looked_at) {
    Told told;
    told.was(Spent::failed, 3'600s, 3'843s)
        .was(Spent::failed, 7'200s, 7'230s)
        .was(Spent::degraded, 10'000s, 10'480s);
    told.maintenance = {stretch(20'000s, 21'680s)};
    told.blind = {stretch(40'000s, 40'750s)};
    const Account day = of_a_day(told);
    EXPECT_EQ(day.up(), 83'697s);
    EXPECT_EQ(day.down(), 273s);
    EXPECT_EQ(day.window() - day.up() - day.down(), 2'430s);
    EXPECT_EQ(percent_text(day.uptime()), "99.67 %");
    EXPECT_EQ(percent_text(day.coverage()), "99.11 %");
}

TEST(Uptime, does_not_count_the_time_in_which_vitals_was_down) {
    Told told;
    told.blind = {stretch(0s, 18'000s)};
    const Account day = of_a_day(told);
    EXPECT_EQ(day.up(), 68'400s);
    EXPECT_EQ(percent_text(day.uptime()), "100 %");
    EXPECT_EQ(percent_text(day.coverage()), "79.16 %");
}

TEST(Uptime, is_not_known_when_nobody_ever_looked) {
    Told told;
    told.spans = {{midnight, Spent::unknown}};
    const Account day = of_a_day(told);
    EXPECT_EQ(day.of(Spent::unknown), 24h);
    EXPECT_EQ(percent_text(day.uptime()), "not known");
    EXPECT_EQ(percent_text(day.coverage()), "0 %");
    EXPECT_EQ(day.worst(), Spent::unknown);
}

TEST(Uptime, leaves_out_planned_maintenance_also_within_a_failure) {
    Told told;
    told.was(Spent::failed, 10h, 10h + 40min);
    told.maintenance = {stretch(10h + 15min, 11h)};
    const Account day = of_a_day(told);
    EXPECT_EQ(day.up(), 82'800s);
    EXPECT_EQ(day.down(), 900s);
    EXPECT_EQ(percent_text(day.uptime()), "98.92 %");
    EXPECT_EQ(percent_text(day.coverage()), "100 %");
}

TEST(Uptime, leaves_a_budget_and_says_what_may_be_missing_of_it) {
    Told told;
    told.was(Spent::failed, 1h, 1h + 753s).was(Spent::unknown, 5h, 7h);
    told.blind = {stretch(9h, 9h + 750s)};
    told.maintenance = {stretch(11h, 11h + 1'680s)};
    const Account month = account(told.watched(), midnight, midnight + days(30));
    EXPECT_EQ(month.up(), 2'581'617s);
    EXPECT_EQ(percent_text(month.uptime()), "99.97 %");
    EXPECT_EQ(percent_text(month.coverage()), "99.69 %");
    const Budget budget = budget_of(month, 0.999);
    EXPECT_EQ(budget.whole, 2'590'320ms);
    EXPECT_EQ(budget.spent, 753s);
    EXPECT_EQ(budget.unaccounted, 7'950s);
    EXPECT_NEAR(budget.left(), 0.709, 0.001);
    EXPECT_NEAR(budget.left_at_worst(), -2.36, 0.001);
}

TEST(Uptime, begins_when_the_component_is_watched) {
    Told told;
    told.spans = {{midnight + days(29), Spent::ok}};
    const Account month = account(told.watched(), midnight, midnight + days(30));
    EXPECT_EQ(month.up(), 86'400s);
    EXPECT_EQ(month.of(Spent::unwatched), 2'505'600s);
    EXPECT_EQ(percent_text(month.uptime()), "100 %");
    EXPECT_EQ(percent_text(month.coverage()), "100 %");
    EXPECT_EQ(budget_of(month, 0.999).whole, 86'400ms);
}

TEST(Uptime, says_how_fast_a_budget_burns) {
    Told told;
    told.was(Spent::failed, 5h + 55min, 5h + 55min + 243s);
    const Watched watched = told.watched();
    EXPECT_NEAR(burn_of(account(watched, midnight + 5h, midnight + 6h), 0.999), 67.5, 0.01);
    EXPECT_NEAR(burn_of(account(watched, midnight, midnight + 6h), 0.999), 11.25, 0.01);
    EXPECT_EQ(burn_of(Account{}, 0.999), 0);
}

TEST(Uptime, is_a_hundred_percent_only_without_downtime) {
    Told told;
    told.spans.push_back({midnight + 1h, Spent::failed});
    told.spans.push_back({midnight + 1h + 1ms, Spent::ok});
    const Account year = account(told.watched(), midnight, midnight + days(365));
    EXPECT_EQ(year.down(), 1ms);
    EXPECT_EQ(percent_text(year.uptime()), "99.99 %");
    EXPECT_EQ(percent_text(0.29), "29 %");
    EXPECT_EQ(percent_text(0.0), "0 %");
    EXPECT_EQ(percent_text(0.0705), "7.05 %");
}

TEST(Uptime, bars_add_up_to_their_window) {
    Told told;
    told.was(Spent::failed, 100s, 250s).was(Spent::degraded, 301s, 302s);
    told.maintenance = {stretch(390s, 450s)};
    told.blind = {stretch(440s, 500s), stretch(590s, 2'000s)};
    const std::vector<Account> bars = accounts(told.watched(), midnight, 100s, 6);
    ASSERT_EQ(bars.size(), 6u);
    Account all;
    for (const Account& bar : bars) {
        EXPECT_EQ(bar.window(), 100s);
        all += bar;
    }
    EXPECT_EQ(all, account(told.watched(), midnight, midnight + 600s));
    EXPECT_EQ(bars[0].worst(), Spent::ok);
    EXPECT_EQ(bars[1].down(), 100s);
    EXPECT_EQ(bars[2].down(), 50s);
    EXPECT_EQ(bars[3].worst(), Spent::degraded);
    EXPECT_EQ(bars[4].of(Spent::maintenance), 50s);
    EXPECT_EQ(bars[4].of(Spent::blind), 50s);
    EXPECT_EQ(bars[5].of(Spent::blind), 10s);
}

TEST(Uptime, leaves_out_when_a_component_was_not_watched) {
    Told told;
    told.spans = {{midnight + 150s, Spent::ok},
                  {midnight + 250s, Spent::unwatched},
                  {midnight + 275s, Spent::failed}};
    told.maintenance = {stretch(240s, 260s)};
    told.skipped = {stretch(280s, 290s)};
    const std::vector<Account> bars = accounts(told.watched(), midnight, 100s, 3);
    EXPECT_EQ(bars[0].worst(), Spent::unwatched);
    EXPECT_EQ(bars[1].of(Spent::unwatched), 50s);
    EXPECT_EQ(bars[1].of(Spent::ok), 50s);
    EXPECT_EQ(bars[2].of(Spent::maintenance), 10s);
    EXPECT_EQ(bars[2].of(Spent::unwatched), 35s);
    EXPECT_EQ(bars[2].due(), 55s);
    EXPECT_EQ(bars[2].down(), 15s);
}

TEST(Uptime, stretches_are_merged_where_they_overlap_or_touch) {
    EXPECT_THAT(merged({stretch(50s, 60s), stretch(0s, 10s), stretch(5s, 20s), stretch(20s, 30s),
                        stretch(7s, 7s), stretch(40s, 35s)}),
                testing::ElementsAre(stretch(0s, 30s), stretch(50s, 60s)));
}

}  // namespace
}  // namespace vitals
