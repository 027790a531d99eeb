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
        for (; time > 0s; time -= 1s) {
            clock.now += 1s;
            clock.wall += 1s;
            table.expire();
        }
    }

    void beat(const char* name) { EXPECT_EQ(table.beat("pulp", name, clock.wall), Answer::taken); }
    // The names that a dialect lists now.
    std::string shown() {
        std::string names;
        for (const Worker& worker : table.groups().at(0)->workers)
            if (!worker.silent) names += (names.empty() ? "" : " ") + worker.name;
        return names;
    }

    TurnedClock clock;
    Table table;
};

TEST_F(TableTest, is_unknown_until_its_workers_had_time_to_be_heard) {
    EXPECT_EQ(table.judge("pulp").status, Status::unknown);
    pass(25s);
    EXPECT_EQ(table.judge("pulp").status, Status::failed);
    EXPECT_EQ(
        table.judge("pulp").detail,
        "scheduler: 0 of 1; resource_manager: 0 of 1; reserved_resource_worker: 0 of at least "
        "1");
}

TEST_F(TableTest, is_ok_as_soon_as_all_are_heard) {
    beat_all();
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    EXPECT_EQ(table.judge("pulp").detail, "3 workers");
}

TEST_F(TableTest, names_workers_that_fell_silent_and_since_when) {
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

TEST_F(TableTest, the_time_of_reception_decides_and_not_the_senders_clock) {
    for (const char* name : {"scheduler@a", "resource_manager@a", "reserved_resource_worker-0@a"})
        table.beat("pulp", name, System(0s));
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    ASSERT_EQ(table.groups().size(), 1u);
    EXPECT_EQ(table.groups()[0]->workers[0].last_heartbeat, System(0s));
}

TEST_F(TableTest, a_jump_of_the_wall_clock_makes_no_worker_silent) {
    beat_all();
    clock.wall += 24h * 365;
    table.expire();
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
}

TEST_F(TableTest, two_schedulers_are_one_too_many) {
    beat_all();
    table.beat("pulp", "scheduler@b", clock.wall);
    EXPECT_EQ(table.judge("pulp").status, Status::failed);
    EXPECT_EQ(table.judge("pulp").detail, "scheduler: 2 of 1");
    table.leave("pulp", "scheduler@b");
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
}

TEST_F(TableTest, refuses_what_it_cannot_hold) {
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

TEST_F(TableTest, reconfiguring_keeps_known_workers) {
    beat_all();
    GroupOptions changed = pulp();
    changed.expect = {{"scheduler", {0, 3}}};
    table.configure({changed, {.name = "other"}});
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    EXPECT_EQ(table.groups().size(), 2u);
    EXPECT_EQ(table.groups()[1]->workers.size(), 3u);
}

TEST_F(TableTest, a_group_without_expectations_needs_one_worker) {
    table.configure({{.name = "any", .timeout = 1s}});
    pass(2s);
    EXPECT_EQ(table.judge("any").detail, "no worker is known");
    table.beat("any", "w", clock.wall);
    EXPECT_EQ(table.judge("any").status, Status::ok);
}

TEST_F(TableTest, names_workers_that_left_and_forgets_all_in_the_end) {
    beat_all();
    table.leave("pulp", "scheduler@a");
    EXPECT_EQ(shown(), "reserved_resource_worker-0@a resource_manager@a") << "gone at once";
    pass(1s);
    EXPECT_EQ(table.judge("pulp").status, Status::unknown) << "still within the first timeout";
    pass(22s);
    beat("resource_manager@a");
    beat("reserved_resource_worker-0@a");
    pass(2s);
    EXPECT_EQ(table.judge("pulp").detail,
              "scheduler: 0 of 1, scheduler@a left at 2015-01-02T20:39:58Z");
    for (int hour = 0; hour < 25; ++hour) {
        clock.now += 1h;
        clock.wall += 1h;
        beat("resource_manager@a");
        beat("reserved_resource_worker-0@a");
        table.expire();
    }
    pass(1s);
    EXPECT_EQ(table.size(), 2u);
}

TEST_F(TableTest, silent_ones_are_no_longer_known_but_still_shown_for_a_while) {
    beat_all();
    pass(25s);
    EXPECT_EQ(shown(), "");
    EXPECT_EQ(table.groups()[0]->workers.size(), 3u) << "as stale";
    EXPECT_EQ(table.judge("pulp").status, Status::failed);
    pass(300s);
    EXPECT_EQ(table.groups()[0]->workers.size(), 0u);
    EXPECT_NE(table.judge("pulp").detail.find("scheduler@a silent since 2015-01-02T20:39:58Z"),
              std::string::npos);
}

TEST_F(TableTest, tells_of_a_few_and_counts_the_rest) {
    GroupOptions options{.name = "pulp", .expect = {{"w", {9, 9}}}};
    table.configure({options});
    for (int i = 0; i < 6; ++i)
        table.beat("pulp", "w" + std::to_string(i), System(std::chrono::seconds(i)));
    pass(25s);
    beat("x");
    EXPECT_EQ(table.judge("pulp").detail,
              "w: 0 of 9, w5 silent since 1970-01-01T00:00:05Z, w4 silent since "
              "1970-01-01T00:00:04Z, w3 silent since 1970-01-01T00:00:03Z, and 3 more");
    options.expect.clear();
    table.configure({options});
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    EXPECT_TRUE(table.judge("pulp").detail.starts_with("1 worker; w5 silent since"));
}

TEST_F(TableTest, a_rule_covers_all_other_workers) {
    GroupOptions options = pulp();
    options.expect = {{"scheduler", {1, 1}}, {"*", {2, 3}}};
    table.configure({options});
    pass(25s);
    EXPECT_EQ(table.judge("pulp").detail, "scheduler: 0 of 1; others: 0 of 2 to 3");
    beat_all();
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    beat("a");
    beat("b");
    EXPECT_EQ(table.judge("pulp").detail, "others: 4 of 2 to 3");
}

// Two hosts with workers of the same name: there is one of it until both are gone.
TEST_F(TableTest, two_processes_of_one_name_are_reported) {
    beat_all();
    for (int round = 0; round < 3; ++round) {
        table.beat("pulp", "reserved_resource_worker-0@a", clock.wall, 7);
        table.beat("pulp", "reserved_resource_worker-0@a", clock.wall, 8);
    }
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    EXPECT_EQ(std::get<std::int64_t>(*table.judge("pulp").property("names_used_twice")), 1);
    table.leave("pulp", "reserved_resource_worker-0@a", 8);
    EXPECT_NE(shown().find("worker-0"), std::string::npos) << "the other one lives";
    EXPECT_EQ(table.judge("pulp").property("names_used_twice"), nullptr);
    table.leave("pulp", "reserved_resource_worker-0@a", 8);
    EXPECT_NE(shown().find("worker-0"), std::string::npos) << "said twice";
    table.leave("pulp", "reserved_resource_worker-0@a", 7);
    EXPECT_EQ(shown().find("worker-0"), std::string::npos);
}

TEST_F(TableTest, a_predecessors_goodbye_comes_late) {
    table.beat("pulp", "w", clock.wall, 7);
    table.beat("pulp", "w", clock.wall, 8);  // started anew
    table.leave("pulp", "w", 7);
    EXPECT_EQ(shown(), "w");
    table.leave("pulp", "w", 8);
    EXPECT_EQ(shown(), "") << "nobody was seen to take turns";
}

TEST_F(TableTest, a_process_that_was_stopped_judges_nobody_at_once) {
    beat_all();
    pass(5s);
    clock.now += 60s;  // nobody turned us, nothing was taken
    table.expire();
    EXPECT_EQ(table.judge("pulp").status, Status::unknown);
    EXPECT_EQ(shown(), "reserved_resource_worker-0@a resource_manager@a scheduler@a");
    beat_all();
    EXPECT_EQ(table.judge("pulp").status, Status::ok);
    for (int i = 0; i < 5; ++i) pass(5s);
    EXPECT_EQ(table.judge("pulp").status, Status::failed);
}

TEST_F(TableTest, makes_room_for_live_workers) {
    Table small(clock, {.workers = 2});
    small.configure({{.name = "g"}});
    small.beat("g", "a", clock.wall);
    small.beat("g", "b", clock.wall);
    small.leave("g", "a");
    EXPECT_EQ(small.beat("g", "c", clock.wall), Answer::taken);
    EXPECT_EQ(small.size(), 2u);
}

// ---- groups that are listened to ------------------------------------------------------------

class ListenedTest : public TableTest {
  protected:
    ListenedTest() {
        GroupOptions options = pulp();
        options.listened = true;
        table.configure({options});
    }
    // Time passes while the connection shows that it lives.
    void hear(std::chrono::seconds time) {
        for (; time > 0s; time -= 1s) {
            clock.now += 1s;
            clock.wall += 1s;
            table.heard("pulp");
            table.expire();
        }
    }
    Status status() { return table.judge("pulp").status; }
    std::string detail() { return table.judge("pulp").detail; }
};

TEST_F(ListenedTest, begins_blind) {
    EXPECT_EQ(status(), Status::unknown);
    EXPECT_EQ(detail(), "blind since 2015-01-02T20:39:58Z: not connected yet");
    pass(100s);
    EXPECT_EQ(status(), Status::unknown);
    table.listening("pulp");
    EXPECT_TRUE(detail().starts_with("waiting for heartbeats: scheduler: 0 of 1"));
    beat_all();
    EXPECT_EQ(status(), Status::ok);
}

TEST_F(ListenedTest, silence_counts) {
    table.listening("pulp");
    beat_all();
    hear(20s);
    beat("scheduler@a");
    beat("reserved_resource_worker-0@a");
    hear(5s);
    EXPECT_EQ(status(), Status::failed);
    EXPECT_EQ(detail(),
              "resource_manager: 0 of 1, resource_manager@a silent since 2015-01-02T20:39:58Z");
    EXPECT_EQ(shown(), "reserved_resource_worker-0@a scheduler@a");
}

TEST_F(ListenedTest, silence_does_not_count_while_vitals_is_blind) {
    table.listening("pulp");
    beat_all();
    hear(3s);
    table.blind("pulp", {"connection refused", "127.0.0.1:5672", "connect"});
    pass(3600s);
    EXPECT_EQ(status(), Status::unknown);
    EXPECT_EQ(detail(), "blind since 2015-01-02T20:40:01Z: connection refused");
    EXPECT_EQ(table.judge("pulp").error_class, ErrorClass::local);
    EXPECT_EQ(table.judge("pulp").failed_phase, "connect");
    EXPECT_EQ(shown(), "reserved_resource_worker-0@a resource_manager@a scheduler@a") << "frozen";

    // Heard again: each has a whole timeout, and counts for enough only once it was heard.
    table.listening("pulp");
    hear(20s);
    EXPECT_EQ(status(), Status::unknown);
    EXPECT_TRUE(detail().starts_with("waiting for heartbeats: ")) << detail();
    EXPECT_EQ(shown(), "reserved_resource_worker-0@a resource_manager@a scheduler@a");
    beat("scheduler@a");
    beat("resource_manager@a");
    EXPECT_EQ(status(), Status::unknown);
    beat("reserved_resource_worker-0@a");
    EXPECT_EQ(status(), Status::ok);
}

TEST_F(ListenedTest, a_worker_that_died_meanwhile_is_missed_in_the_end) {
    table.listening("pulp");
    beat_all();
    table.blind("pulp", {"connection refused", {}, {}});
    pass(60s);
    table.listening("pulp");
    for (int i = 0; i < 5; ++i) {
        hear(5s);
        beat("resource_manager@a");
        beat("reserved_resource_worker-0@a");
    }
    EXPECT_EQ(status(), Status::failed);
    EXPECT_EQ(detail(), "scheduler: 0 of 1, scheduler@a silent since 2015-01-02T20:39:58Z");
}

// A connection that hangs is not known to hang at once: until then nobody is silent either.
TEST_F(ListenedTest, silence_of_the_connection_is_not_that_of_the_workers) {
    table.listening("pulp");
    beat_all();
    pass(60s);
    EXPECT_EQ(shown(), "reserved_resource_worker-0@a resource_manager@a scheduler@a");
    EXPECT_EQ(status(), Status::ok);
    table.heard("pulp");  // first words after we were stopped
    table.expire();
    EXPECT_EQ(status(), Status::unknown);
    EXPECT_EQ(shown(), "reserved_resource_worker-0@a resource_manager@a scheduler@a");
}

TEST_F(ListenedTest, what_came_before_counts_against_too_many) {
    table.listening("pulp");
    beat_all();
    beat("scheduler@b");
    table.blind("pulp", {"away", {}, {}});
    pass(1s);
    table.listening("pulp");
    beat_all();
    EXPECT_EQ(status(), Status::unknown) << "the second one may still be there";
    hear(20s);
    beat_all();
    hear(5s);
    EXPECT_EQ(status(), Status::ok);
}

TEST_F(ListenedTest, a_remark_explains_that_nobody_is_heard) {
    table.listening("pulp");
    table.remark("pulp", "there is no exchange");
    hear(25s);
    EXPECT_TRUE(detail().ends_with("; there is no exchange"));
    beat_all();
    EXPECT_EQ(detail(), "3 workers");
}

// ---- after a restart ------------------------------------------------------------------------

TEST_F(TableTest, a_restart_keeps_names_but_no_worker_is_alive) {
    beat_all();
    table.beat("pulp", "w@b", clock.wall);
    table.leave("pulp", "w@b");
    Table second(clock);
    second.restore(table.remembered());
    clock.now += 10s;
    clock.wall += 10s;
    second.configure({pulp()});
    EXPECT_EQ(second.groups()[0]->workers.size(), 0u);
    EXPECT_EQ(second.judge("pulp").status, Status::unknown);
    EXPECT_TRUE(
        second.judge("pulp").detail.starts_with("waiting for heartbeats: scheduler: 0 of 1, "
                                                "scheduler@a last heard at 2015-01-02T20:39:58Z"));
    for (const char* name : {"scheduler@a", "reserved_resource_worker-0@a"})
        second.beat("pulp", name, clock.wall);
    EXPECT_EQ(second.judge("pulp").status, Status::unknown);
    for (int i = 0; i < 5; ++i) {
        clock.now += 5s;
        clock.wall += 5s;
        for (const char* name : {"scheduler@a", "reserved_resource_worker-0@a"})
            second.beat("pulp", name, clock.wall);
        second.expire();
    }
    EXPECT_EQ(second.judge("pulp").status, Status::failed);
    EXPECT_EQ(second.judge("pulp").detail,
              "resource_manager: 0 of 1, resource_manager@a silent since 2015-01-02T20:39:58Z");
    EXPECT_EQ(second.remembered().size(), 4u);
}

TEST_F(TableTest, a_restart_with_another_configuration_keeps_what_is_still_there) {
    Table second(clock);
    second.restore({{"gone", "w", clock.wall, clock.wall, false},
                    {"pulp", "", clock.wall, clock.wall, false},
                    {"pulp", "future", clock.wall, clock.wall + 24h, false},
                    {"pulp", "w", System(0s), clock.wall, false}});
    second.configure({pulp()});
    EXPECT_EQ(second.size(), 2u);
    second.configure({pulp(), {.name = "gone"}});
    EXPECT_EQ(second.size(), 2u) << "only the first time";
}

TEST_F(TableTest, says_when_its_members_change) {
    beat_all();
    const auto membership = table.membership();
    const auto version = table.version();
    beat_all();
    EXPECT_EQ(table.membership(), membership);
    EXPECT_NE(table.version(), version);
    pass(25s);
    EXPECT_NE(table.membership(), membership);
}

}  // namespace
}  // namespace vitals::workers
