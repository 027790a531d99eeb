// Heartbeats, silence, expectations; by a clock that the test turns.
#include <gtest/gtest.h>

#include "workers/table.hpp"

namespace vitals::workers {
namespace {

using namespace std::chrono_literals;
using Answer = Table::Answer;

class TurnedClock : public Clock {
  public:
    Steady steady() const override { return now; }
    System system() const override { return wall; }
    Steady now{1000s};
    System wall{1'420'231'198s};
};

GroupOptions pulp() {
    return {.name = "pulp",
            .timeout = 24s,
            .expect = {{"scheduler", {1, 1}},
                       {"resource_manager", {1, 1}},
                       {"reserved_resource_worker", {1, CountRange().most}}}};
}

class TableTest : public testing::Test {
  protected:
    TableTest() : table(clock) { table.configure({pulp()}); }

    void beat_all() {
        for (const char* name :
             {"scheduler@a", "resource_manager@a", "reserved_resource_worker-0@a"})
            EXPECT_EQ(table.beat("pulp", name, clock.wall), Answer::taken);
    }
    void pass(std::chrono::seconds time) {
        clock.now += time;
        clock.wall += time;
        table.expire();
    }

    TurnedClock clock;
    Table table;
};

TEST_F(TableTest, IsUnknownUntilItsWorkersHadTimeToBeHeard) {
    EXPECT_EQ(table.judge("pulp").status, Status::unknown);
    pass(25s);
    EXPECT_EQ(table.judge("pulp").status, Status::failed);
    EXPECT_EQ(
        table.judge("pulp").detail,
        "scheduler: 0 of 1; resource_manager: 0 of 1; reserved_resource_worker: 0 of at least "
        "1");
}

TEST_F(TableTest, IsOkAsSoonAsAllAreHeard) {
    beat_all();
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    EXPECT_EQ(table.judge("pulp").detail, "3 workers");
}

TEST_F(TableTest, SaysWhoFellSilentAndSinceWhen) {
    beat_all();
    pass(20s);
    table.beat("pulp", "scheduler@a", clock.wall);
    table.beat("pulp", "reserved_resource_worker-0@a", clock.wall);
    pass(10s);
    const Outcome outcome = table.judge("pulp");
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail,
              "resource_manager: 0 of 1, resource_manager@a silent since 2015-01-02T20:39:58Z");
    table.beat("pulp", "resource_manager@a", clock.wall);
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
}

TEST_F(TableTest, OurReceiptDecidesNotTheSendersClock) {
    for (const char* name : {"scheduler@a", "resource_manager@a", "reserved_resource_worker-0@a"})
        table.beat("pulp", name, System(0s));
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    ASSERT_EQ(table.groups().size(), 1u);
    EXPECT_EQ(table.groups()[0]->workers[0].last_heartbeat, System(0s));
}

TEST_F(TableTest, AWallClockJumpKillsNobody) {
    beat_all();
    clock.wall += 24h * 365;
    table.expire();
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
}

TEST_F(TableTest, TwoSchedulersAreOneTooMany) {
    beat_all();
    table.beat("pulp", "scheduler@b", clock.wall);
    EXPECT_EQ(table.judge("pulp").status, Status::failed);
    EXPECT_EQ(table.judge("pulp").detail, "scheduler: 2 of 1");
    table.leave("pulp", "scheduler@b");
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
}

TEST_F(TableTest, RefusesWhatItCannotHold) {
    EXPECT_EQ(table.beat("nobody", "w", clock.wall), Answer::unknown_group);
    EXPECT_EQ(table.beat("pulp", "", clock.wall), Answer::bad_name);
    EXPECT_EQ(table.beat("pulp", "a\nb", clock.wall), Answer::bad_name);
    EXPECT_EQ(table.beat("pulp", std::string(257, 'x'), clock.wall), Answer::bad_name);
    Table small(clock, {.workers = 2});
    small.configure({{.name = "g"}});
    EXPECT_EQ(small.beat("g", "a", clock.wall), Answer::taken);
    EXPECT_EQ(small.beat("g", "b", clock.wall), Answer::taken);
    EXPECT_EQ(small.beat("g", "c", clock.wall), Answer::full);
    EXPECT_EQ(small.beat("g", "a", clock.wall), Answer::taken);
}

TEST_F(TableTest, ReconfiguringKeepsWhoIsKnown) {
    beat_all();
    GroupOptions changed = pulp();
    changed.expect = {{"scheduler", {0, 3}}};
    table.configure({changed, {.name = "other"}});
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    EXPECT_EQ(table.groups().size(), 2u);
    EXPECT_EQ(table.groups()[1]->workers.size(), 3u);
}

TEST_F(TableTest, AGroupWithoutExpectationsWantsSomebody) {
    table.configure({{.name = "any", .timeout = 1s}});
    pass(2s);
    EXPECT_EQ(table.judge("any").detail, "no worker is known");
    table.beat("any", "w", clock.wall);
    EXPECT_EQ(table.judge("any").status, Status::ok);
}

}  // namespace
}  // namespace vitals::workers
