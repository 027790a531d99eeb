// Objectives: the sums of the worked examples, several components at once, and what burns.
#include "model/objective.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr System now(1'800'000'000s);

struct Component {
    std::vector<StateSpan> spans;
    std::vector<Stretch> maintenance, blind;
    Watched watched() const { return {spans, {}, blind, maintenance}; }
};

StateSpan before(milliseconds ago, Spent state) {
    return {now - ago, state};
}

// A report of what one component was.
ObjectiveReport report_of(const Component& component, Objective objective = {}) {
    ObjectiveReport report;
    report.objective = objective;
    report.components = 1;
    const auto over = [&](milliseconds length) {
        return as_counted(account(component.watched(), now - length, now), objective);
    };
    report.account = over(objective.window);
    for (std::size_t i = 0; i < burn_windows; ++i)
        report.burnt[i] = over(length_of(static_cast<BurnWindow>(i)));
    return report;
}

Component failed_for(milliseconds down, milliseconds ago) {
    return {
        {before(40 * 24h, Spent::ok), before(ago, Spent::failed), before(ago - down, Spent::ok)},
        {},
        {}};
}

TEST(Objective, burns_as_the_worked_example_says) {
    const ObjectiveReport report = report_of(failed_for(243s, 243s));
    EXPECT_NEAR(report.burn(BurnWindow::hour), 67.5, 0.05);
    EXPECT_NEAR(report.burn(BurnWindow::hours6), 11.25, 0.01);
    const Outcome outcome = report.outcome();
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_TRUE(
        outcome.detail.starts_with("the budget burns 67.5 times too fast over 1 h and 5 min"))
        << outcome.detail;
}

TEST(Objective, does_not_burn_after_an_outage_is_over) {
    // 67.5 over the last hour, but nothing in the last five minutes; 6 h and 30 min do.
    const ObjectiveReport report = report_of(failed_for(243s, 10min));
    EXPECT_EQ(report.burn(BurnWindow::minutes5), 0);
    EXPECT_EQ(report.outcome().status, Status::failed);
    EXPECT_NE(report.outcome().detail.find("over 6 h and 30 min"), std::string::npos);
    EXPECT_EQ(report_of(failed_for(243s, 40min)).outcome().status, Status::ok);
}

TEST(Objective, one_blip_burns_nothing) {
    const ObjectiveReport report = report_of(failed_for(59s, 59s));
    EXPECT_GT(report.burn(BurnWindow::hour), 14.4);
    EXPECT_EQ(report.outcome().status, Status::ok);
    EXPECT_EQ(report_of(failed_for(60s, 60s)).outcome().status, Status::failed);
}

TEST(Objective, a_slow_burn_is_degraded) {
    Component component{{before(40 * 24h, Spent::ok)}, {}, {}};
    for (int hour = 71; hour >= 0; --hour) {
        component.spans.push_back(before(hour * 1h + 30min, Spent::failed));
        component.spans.push_back(before(hour * 1h + 30min - 8s, Spent::ok));
    }
    const ObjectiveReport report = report_of(component);
    EXPECT_NEAR(report.burn(BurnWindow::days3), 8 / 3.6, 0.01);
    EXPECT_EQ(report.outcome().status, Status::degraded);
    EXPECT_NE(report.outcome().detail.find("2.2 times too fast over 3 d and 6 h"),
              std::string::npos)
        << report.outcome().detail;
}

TEST(Objective, has_the_budget_of_the_worked_example) {
    // 30 d at 99.9 %: failed 753, unknown 7,200, blind 750, maintenance 1,680.
    const Component component{{before(40 * 24h, Spent::ok), before(20 * 24h, Spent::failed),
                               before(20 * 24h - 753s, Spent::ok), before(10 * 24h, Spent::unknown),
                               before(10 * 24h - 7'200s, Spent::ok)},
                              {{now - 5 * 24h, now - 5 * 24h + 1'680s}},
                              {{now - 4 * 24h, now - 4 * 24h + 750s}}};
    const ObjectiveReport report = report_of(component);
    EXPECT_EQ(report.account->up(), 2'581'617s);
    EXPECT_EQ(percent_text(report.account->uptime()), "99.97 %");
    EXPECT_EQ(report.budget()->whole, 2'590'320ms);
    EXPECT_EQ(report.budget()->spent, 753s);
    EXPECT_EQ(report.budget()->unaccounted, 7'950s);
    EXPECT_NEAR(report.budget()->left(), 0.709, 0.001);
    EXPECT_NEAR(report.budget()->left_at_worst(), -2.36, 0.01);
    EXPECT_EQ(report.outcome().detail, "99.97 % of 99.9 %; 70 % of the budget is left");
}

TEST(Objective, counts_degraded_and_unknown_time_as_configured) {
    const Component component{
        {before(40 * 24h, Spent::ok), before(200s, Spent::degraded), before(100s, Spent::unknown)},
        {},
        {{now - 50s, now}}};
    EXPECT_EQ(report_of(component).account->down(), 0s);
    Objective strict;
    strict.degraded_is_down = true;
    EXPECT_EQ(report_of(component, strict).account->down(), 100s);
    strict.unknown_is_down = true;
    EXPECT_EQ(report_of(component, strict).account->down(), 200s);
    EXPECT_EQ(report_of(component, strict).account->unaccounted(), 0s);
    EXPECT_EQ(report_of(component, strict).outcome().status, Status::failed);
}

TEST(Objective, no_data_is_neither_ok_nor_failed) {
    for (const Component& component :
         {Component{}, Component{{before(40 * 24h, Spent::unknown)}, {}, {}},
          Component{{before(40 * 24h, Spent::failed)}, {}, {{now - 40 * 24h, now}}}}) {
        const ObjectiveReport report = report_of(component);
        EXPECT_EQ(report.outcome().status, Status::unknown);
        EXPECT_EQ(report.outcome().error_class, ErrorClass::none);
        EXPECT_EQ(report.account->uptime(), std::nullopt);
    }
    ObjectiveReport nothing;
    EXPECT_EQ(nothing.outcome().status, Status::unknown);
    EXPECT_EQ(nothing.outcome().detail, "it takes no component");
    nothing.components = 1;
    EXPECT_EQ(nothing.outcome().status, Status::unknown);
}

TEST(Objective, an_overspent_budget_is_told) {
    const ObjectiveReport report = report_of(failed_for(4h, 20 * 24h));
    EXPECT_EQ(report.outcome().status, Status::ok) << "it burns no more";
    EXPECT_NE(report.outcome().detail.find("; the budget is overspent by 456 %"), std::string::npos)
        << report.outcome().detail;
}

TEST(WorstOf, is_at_each_instant_the_worst_component) {
    const Component web{
        {before(100s, Spent::ok), before(60s, Spent::failed), before(50s, Spent::ok)}, {}, {}};
    const Component db{{before(100s, Spent::ok), before(55s, Spent::degraded),
                        before(40s, Spent::unknown), before(30s, Spent::ok)},
                       {},
                       {{now - 20s, now - 10s}}};
    EXPECT_EQ(worst_of({web.watched(), db.watched()}, now - 120s, now),
              (std::vector<StateSpan>{before(120s, Spent::unwatched), before(100s, Spent::ok),
                                      before(60s, Spent::failed), before(50s, Spent::degraded),
                                      before(40s, Spent::unknown), before(30s, Spent::ok),
                                      before(20s, Spent::blind), before(10s, Spent::ok)}));
}

TEST(WorstOf, maintenance_of_one_excuses_that_one) {
    const Component web{{before(100s, Spent::failed)}, {{now - 50s, now}}, {}};
    const Component db{{before(100s, Spent::ok)}, {{now - 10s, now}}, {}};
    EXPECT_EQ(worst_of({web.watched(), db.watched()}, now - 100s, now),
              (std::vector<StateSpan>{before(100s, Spent::failed), before(50s, Spent::ok),
                                      before(10s, Spent::maintenance)}));
    EXPECT_EQ(worst_of({}, now - 100s, now),
              (std::vector<StateSpan>{before(100s, Spent::unwatched)}));
}

TEST(WorstOf, changes_of_two_at_one_instant_are_one) {
    const Component web{{before(100s, Spent::failed), before(50s, Spent::ok)}, {}, {}};
    const Component db{{before(100s, Spent::ok), before(50s, Spent::failed)}, {}, {}};
    EXPECT_EQ(worst_of({web.watched(), db.watched()}, now - 100s, now),
              (std::vector<StateSpan>{before(100s, Spent::failed)}));
}

}  // namespace
}  // namespace vitals
