// The groups of a configuration, and that what is shown of one is of one judgement. Time is
// stepped.
#include "workers/groups.hpp"

#include <gtest/gtest.h>

namespace vitals::workers {
namespace {

using namespace std::chrono_literals;

class SteppedClock : public Clock {
  public:
    Steady steady() const override { return now; }
    System system() const override { return System(now.time_since_epoch()); }
    Steady now{1000s};
};

class GroupsTest : public ::testing::Test {
  protected:
    GroupsTest() {
        GroupSettings mail;
        mail.options.name = "mail";
        mail.options.timeout = 10s;
        mail.source = find_source("push");
        groups.configure({mail});
    }

    std::string beat(const std::vector<std::string>& workers) {
        Heartbeats beats{.group = "mail"};
        for (const std::string& worker : workers) beats.beats.push_back({.worker = worker});
        return groups.take(beats);
    }
    std::size_t listed() const {
        std::size_t known = 0;
        for (const Worker& worker : judged.back().lists.at(0)->workers)
            known += worker.silent ? 0u : 1u;
        return known;
    }
    std::string detail() const { return judged.back().outcomes.at(0).second.detail; }

    SteppedClock clock;
    net::Loop loop;
    net::Environment environment{loop};
    std::vector<Groups::Shown> judged;
    Groups groups{
        environment, clock, {}, [this](Groups::Shown one) { judged.push_back(std::move(one)); }};
};

TEST_F(GroupsTest, list_and_component_are_of_one_judgement) {
    beat({"a", "b"});
    groups.judge_pushed();
    EXPECT_EQ(listed(), 2u);
    EXPECT_EQ(detail(), "2 workers");
    for (int second = 0; second < 8; ++second) {
        clock.now += 1s;
        groups.judge();
    }
    beat({"c"});
    groups.judge_pushed();
    EXPECT_EQ(listed(), 3u);
    EXPECT_EQ(detail(), "3 workers");
    clock.now += 2500ms;  // two are silent for more than ten seconds, yet not judged so
    EXPECT_EQ(listed(), 3u);
    groups.judge();
    EXPECT_EQ(listed(), 1u);
    EXPECT_TRUE(detail().starts_with("1 worker;")) << detail();
}

TEST_F(GroupsTest, both_become_stale_together) {
    beat({"a"});
    groups.judge_pushed();
    const Steady until = judged.back().valid_until;
    EXPECT_EQ(until, clock.now + 3s);
    clock.now += 100ms;
    beat({"b"});
    groups.judge_pushed();
    EXPECT_EQ(judged.back().outcomes.size(), 1u);
    EXPECT_EQ(judged.back().valid_until, until) << "for the list and the component";
}

TEST_F(GroupsTest, a_repeated_report_is_left_out_for_a_moment) {
    beat({"a"});
    groups.judge_pushed();
    groups.judge_pushed();
    EXPECT_EQ(judged.size(), 1u) << "nothing was pushed";
    beat({"a"});
    groups.judge_pushed();
    EXPECT_TRUE(judged.back().outcomes.empty());
    clock.now += 500ms;
    groups.judge();
    EXPECT_EQ(judged.back().outcomes.size(), 1u);
}

TEST_F(GroupsTest, says_what_is_wrong_with_a_heartbeat) {
    EXPECT_EQ(beat({"a"}), "");
    EXPECT_EQ(groups.take({.group = "mial", .beats = {{.worker = "a"}}}),
              "there is no group of workers 'mial' in the configuration, did you mean 'mail'?");
    EXPECT_EQ(beat({""}),
              "a worker's name is 1 to 256 bytes without control characters; those before it were "
              "taken");
}

TEST_F(GroupsTest, saves_what_is_known) {
    std::vector<RememberedWorker> saved;
    groups.restore({}, [&](std::vector<RememberedWorker> known) { saved = std::move(known); });
    beat({"a"});
    groups.save_now();
    ASSERT_EQ(saved.size(), 1u);
    EXPECT_EQ(saved[0].group, "mail");
    EXPECT_EQ(saved[0].name, "a");
}

TEST(Sources, are_found_by_name) {
    EXPECT_EQ(find_source("push")->listen, nullptr);
    EXPECT_NE(find_source("celery")->listen, nullptr);
    EXPECT_EQ(find_source("nobody"), nullptr);
}

}  // namespace
}  // namespace vitals::workers
