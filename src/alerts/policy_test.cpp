// Who is told what and when, in literal times: rules 1 to 14 in whole seconds.
#include "alerts/policy.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "alert_world.hpp"

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;
using testing::AlertWorld;
using Log = std::vector<std::string>;
using Mode = AlertWorld::Mode;
using Crash = AlertWorld::Crash;

std::vector<Component> components(std::vector<std::string> names) {
    std::vector<Component> made;
    for (std::string& name : names) made.emplace_back().name = std::move(name);
    return made;
}

Settings settings_with(std::vector<Step> steps, Steady::duration remind = 0s) {
    Settings settings;
    settings.receivers = {
        {.name = "mail"}, {.name = "chat"}, {.name = "pager", .keeps_state = true}};
    settings.rules = {{.steps = std::move(steps)}};
    if (remind > 0s) settings.rules[0].remind = remind;
    return settings;
}
Settings to_mail(Steady::duration remind = 0s) {
    return settings_with({{0s, {"mail"}}}, remind);
}
Settings ladder(Steady::duration remind = 0s) {
    return settings_with({{0s, {"chat"}}, {300s, {"mail"}}, {900s, {"pager"}}}, remind);
}

Mute mute(std::string match, long until, Mute::Kind kind = Mute::Kind::silence) {
    return {.id = "m",
            .kind = kind,
            .match = Selector({std::move(match)}),
            .until = AlertWorld::wall_second(until)};
}

// Every component is ok at second 0.
class Play {
  public:
    explicit Play(Settings settings, std::vector<Component> all = components({"a"}), long epoch = 0)
        : world(std::move(settings), all, epoch) {
        for (const Component& each : all) world.status(0, each.name, Status::ok);
    }
    Play& fail(int t, const std::string& name = "a") { return say(t, name, Status::failed); }
    Play& recover(int t, const std::string& name = "a") { return say(t, name, Status::ok); }
    Play& say(int t, const std::string& name, Status status) {
        world.status(t, name, status);
        return *this;
    }
    Play& muted(int t, Mute mute) {
        world.mute(t, std::move(mute));
        return *this;
    }
    Play& receiver(int t, const std::string& name, Mode mode) {
        world.set_receiver(t, name, mode);
        return *this;
    }
    Play& crash(int t, Crash at) {
        world.crash(t, at);
        return *this;
    }
    Play& start(int t) {
        world.start(t);
        return *this;
    }
    // `110 mail problem`, until then.
    Log got(int until) {
        world.advance(until);
        Log log;
        for (const testing::SentMessage& sent : world.sent())
            log.push_back(fmt::format("{} {} {}", sent.t, sent.message.receiver,
                                      to_string(sent.message.kind)));
        return log;
    }

    AlertWorld world;
};

// ---- rules 1 to 3 -----------------------------------------------------------------------------

TEST(Policy, a_failure_is_told_after_wait_and_its_recovery_after_hold) {
    EXPECT_EQ(Play(to_mail()).fail(100).recover(500).got(3000),
              (Log{"110 mail problem", "560 mail resolved"}));
}

TEST(Policy, a_failure_shorter_than_wait_is_not_told) {
    EXPECT_EQ(Play(to_mail()).fail(100).recover(109).got(3000), Log{});
}

TEST(Policy, a_component_that_no_rule_matches_is_not_told) {
    Settings settings = to_mail();
    settings.rules[0].match = Selector({"*", "!a"});
    EXPECT_EQ(Play(settings).fail(100).got(3000), Log{});
}

TEST(Policy, a_cause_with_two_hundred_dependants_is_one_problem_and_one_recovery) {
    std::vector<Component> all = components({"db"});
    for (int number = 0; number < 200; ++number) {
        all.emplace_back().name = fmt::format("web{:03}", number);
        all.back().depends_on = {"db"};
    }
    Play play(to_mail(), all);
    for (int number = 0; number < 200; ++number) {
        if (number == 140) play.fail(107, "db");
        play.fail(100 + number / 20, fmt::format("web{:03}", number));
    }
    play.recover(500, "db");
    for (int number = 0; number < 200; ++number)
        if (number != 7) play.recover(500 + number / 4, fmt::format("web{:03}", number));
    EXPECT_EQ(play.got(3000), (Log{"110 mail problem", "560 mail resolved", "560 mail problem"}));
    EXPECT_EQ(play.world.sent().back().message.cause, std::vector<std::string>{"web007"});
}

TEST(Policy, the_receivers_of_a_dependant_are_told_of_its_cause) {
    Settings settings = to_mail();
    settings.rules.insert(settings.rules.begin(),
                          {.match = Selector({"web"}), .steps = {{0s, {"chat"}}}});
    std::vector<Component> all = components({"db", "web"});
    all[1].depends_on = {"db"};
    Play play(settings, all);
    play.fail(100, "web").fail(103, "db").recover(900, "db").recover(905, "web");
    Log got = play.got(3000);
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, (Log{"110 chat problem", "110 mail problem", "960 chat resolved",
                        "960 mail resolved"}));
}

TEST(Policy, the_receivers_of_a_silenced_dependant_are_not) {
    Settings settings = to_mail();
    settings.rules.insert(settings.rules.begin(),
                          {.match = Selector({"web"}), .steps = {{0s, {"chat"}}}});
    std::vector<Component> all = components({"db", "web"});
    all[1].depends_on = {"db"};
    Play play(settings, all);
    play.muted(50, mute("web", 5000)).fail(100, "web").fail(103, "db").recover(900, "db");
    EXPECT_EQ(play.recover(905, "web").got(3000), (Log{"110 mail problem", "960 mail resolved"}));
}

TEST(Policy, nobody_is_told_of_a_step_while_it_recovers) {
    EXPECT_EQ(Play(ladder()).fail(100).recover(380).got(3000),
              (Log{"110 chat problem", "440 chat resolved"}));
}

// ---- rule 4: messages of a square wave in each of six hours
// --------------------------------------

std::vector<int> by_hour(int half_period) {
    Play play(to_mail());
    const int changes = 2 * (6 * 3600 / half_period / 2);
    for (int change = 0; change < changes; ++change)
        play.say(1000 + change * half_period, "a", change % 2 == 0 ? Status::failed : Status::ok);
    play.world.advance(40000);
    std::vector<int> hours(6);
    for (const testing::SentMessage& sent : play.world.sent())
        if (const int hour = (sent.t - 1000) / 3600; hour < 6)
            ++hours[static_cast<std::size_t>(hour)];
    EXPECT_EQ(play.world.sent().back().message.kind, Kind::resolved);
    return hours;
}

TEST(Policy, a_square_wave_of_any_period_stays_quiet) {
    using Hours = std::vector<int>;
    for (const int half : {5, 12, 30, 59})
        EXPECT_EQ(by_hour(half), (Hours{2, 0, 0, 0, 0, 0})) << half;
    for (const int half : {61, 120, 300, 600, 719})
        EXPECT_EQ(by_hour(half), (Hours{6, 0, 0, 0, 0, 0})) << half;
    EXPECT_EQ(by_hour(800), (Hours{5, 4, 5, 4, 5, 3}));
    EXPECT_EQ(by_hour(1800), (Hours{2, 2, 2, 2, 2, 2}));
}

TEST(Policy, flapping_that_ends_in_a_failure_is_told_as_steady) {
    Play play(to_mail());
    for (int change = 0; change < 7; ++change)
        play.say(1000 + change * 30, "a", change % 2 == 0 ? Status::failed : Status::ok);
    EXPECT_EQ(play.got(5000), (Log{"1010 mail problem", "1150 mail flapping", "2080 mail steady"}));
}

// ---- rules 5 and 6 ------------------------------------------------------------------------------

TEST(Policy, a_storm_is_one_message_to_the_receivers_of_all_its_causes) {
    Settings settings = to_mail();
    settings.rules.insert(settings.rules.begin(),
                          {.match = Selector({"s0"}), .steps = {{0s, {"chat"}}}});
    Play play(settings, components({"s0", "s1", "s2", "s3", "s4", "s5"}));
    for (int number = 0; number < 6; ++number) play.fail(100, fmt::format("s{}", number));
    EXPECT_EQ(play.got(3000), (Log{"110 chat problem", "110 mail problem"}));
    EXPECT_EQ(play.world.sent()[0].message.cause.size(), 6U);
}

TEST(Policy, blind_is_one_message_and_freezes_what_was_wrong) {
    Play play(to_mail(), components({"a", "b", "c"}));
    play.fail(50);
    for (const char* name : {"a", "b", "c"})
        play.world.status(100, name, Status::unknown, ErrorClass::local);
    play.fail(400).recover(400, "b").recover(400, "c").recover(800);
    EXPECT_EQ(play.got(3000), (Log{"60 mail problem", "110 mail problem", "460 mail resolved",
                                   "860 mail resolved"}));
    EXPECT_EQ(play.world.sent()[1].message.cause, std::vector<std::string>{"vitals/blind"});
}

// ---- rule 7: ladder, worse, reminder ----------------------------------------------------------

TEST(Policy, steps_count_from_the_first_message_and_reminders_from_each_receiver_s_own) {
    EXPECT_EQ(Play(ladder(3600s)).fail(100).got(8000),
              (Log{"110 chat problem", "410 mail problem", "1010 pager problem",
                   "3710 chat reminder", "4010 mail reminder", "4610 pager reminder",
                   "7310 chat reminder", "7610 mail reminder"}));
}

TEST(Policy, worse_is_told_once_and_better_is_not) {
    Settings settings = to_mail();
    settings.rules[0].from = Status::degraded;
    Play play(settings);
    play.say(100, "a", Status::degraded).say(200, "a", Status::unknown).fail(300);
    play.say(400, "a", Status::degraded).fail(500);
    EXPECT_EQ(play.got(3000), (Log{"110 mail problem", "200 mail worse", "300 mail worse"}));
}

// ---- rule 8: acknowledgement ------------------------------------------------------------------

TEST(Policy, after_an_acknowledgement_only_the_recovery_is_told) {
    Play play(ladder(3600s));
    play.fail(100);
    play.world.acknowledge(500, "a");
    play.recover(9000).fail(9500);
    EXPECT_EQ(play.got(9600), (Log{"110 chat problem", "410 mail problem", "9060 chat resolved",
                                   "9060 mail resolved", "9510 chat problem"}));
}

// ---- rule 9: silence and maintenance ----------------------------------------------------------

class Muted : public ::testing::TestWithParam<Mute::Kind> {
  protected:
    Mute until_1000() { return mute("a", 1000, GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Both, Muted,
                         ::testing::Values(Mute::Kind::silence, Mute::Kind::maintenance));

TEST_P(Muted, what_fails_within_and_still_at_the_end_is_told_then) {
    EXPECT_EQ(Play(to_mail()).muted(200, until_1000()).fail(300).got(9000),
              Log{"1000 mail problem"});
}
TEST_P(Muted, a_receiver_that_was_told_before_is_reminded_at_the_end) {
    EXPECT_EQ(Play(to_mail()).fail(100).muted(200, until_1000()).got(9000),
              (Log{"110 mail problem", "1000 mail reminder"}));
}
TEST_P(Muted, what_fails_and_recovers_within_is_never_told) {
    EXPECT_EQ(Play(to_mail()).muted(200, until_1000()).fail(300).recover(700).got(9000), Log{});
}
TEST_P(Muted, a_recovery_within_is_told_at_the_end_to_receivers_that_knew) {
    EXPECT_EQ(Play(to_mail()).fail(100).muted(200, until_1000()).recover(700).got(9000),
              (Log{"110 mail problem", "1000 mail resolved"}));
}
TEST_P(Muted, a_receiver_that_keeps_state_is_told_of_a_recovery_at_once) {
    Play play(settings_with({{0s, {"mail", "pager"}}}));
    EXPECT_EQ(
        play.fail(100).muted(200, until_1000()).recover(700).got(9000),
        (Log{"110 mail problem", "110 pager problem", "760 pager resolved", "1000 mail resolved"}));
}
TEST_P(Muted, the_ladder_begins_anew_at_the_end) {
    EXPECT_EQ(
        Play(ladder()).fail(100).muted(200, mute("a", 3000, GetParam())).got(9000),
        (Log{"110 chat problem", "3000 chat reminder", "3300 mail problem", "3900 pager problem"}));
}
TEST_P(Muted, what_was_queued_before_is_held) {
    Play play(to_mail());
    play.receiver(50, "mail", Mode::down).fail(100).muted(111, until_1000());
    EXPECT_EQ(play.receiver(112, "mail", Mode::up).got(9000), Log{"1000 mail problem"});
}
TEST_P(Muted, an_end_before_its_time_counts_at_once) {
    Play play(to_mail());
    play.muted(200, until_1000()).fail(300);
    play.world.end_mute(400, "m");
    EXPECT_EQ(play.got(9000), Log{"400 mail problem"});
}

TEST(Policy, a_planned_silence_begins_at_its_time) {
    Mute planned = mute("a", 1000);
    planned.from = AlertWorld::wall_second(105);
    EXPECT_EQ(Play(to_mail()).muted(50, planned).fail(100).got(9000), Log{"1000 mail problem"});
}

TEST(Policy, silences_choose_by_tag_kind_and_exclusion) {
    std::vector<Component> all = components({"a", "b", "c", "d"});
    all[0].tags = {"payments"};
    all[1].kind = "http";
    Play play(to_mail(), all);
    Mute chosen = mute("", 9000);
    chosen.match = Selector({"tag:payments", "kind:http", "c", "!c"});
    play.muted(10, chosen);
    for (const Component& each : all) play.fail(100, each.name);
    EXPECT_EQ(play.got(3000), (Log{"110 mail problem", "110 mail problem"}));
    EXPECT_EQ(play.world.sent()[0].message.cause, std::vector<std::string>{"c"});
    EXPECT_EQ(play.world.sent()[1].message.cause, std::vector<std::string>{"d"});
}

TEST(Policy, a_rule_for_critical_components_leaves_others_out) {
    Settings settings = to_mail();
    settings.rules = rules_by_default({{.name = "mail"}});
    std::vector<Component> all = components({"a", "b"});
    all[1].critical = false;
    Play play(settings, all);
    play.fail(100, "b").fail(200);
    EXPECT_EQ(play.got(3000), Log{"210 mail problem"});
}

// ---- rule 10: hours ---------------------------------------------------------------------------

TEST(Policy, a_receiver_is_told_at_the_begin_of_its_hours_what_is_true_then) {
    struct Morning {
        long midnight;  // UTC
        int begin;      // 06:30 in Berlin, in seconds after it
    };
    for (const auto& [midnight, begin] :
         {Morning{1774742400, 4 * 3600 + 1800}, Morning{1792886400, 5 * 3600 + 1800}}) {
        Settings settings = to_mail();
        settings.receivers[0].hours =
            Hours::make({.zone = "Europe/Berlin", .from = 6 * 60 + 30, .to = 22 * 60}).value();
        const long epoch = midnight - 7200;  // second 0 is 22:00 UTC
        EXPECT_EQ(Play(settings, components({"a"}), epoch).fail(100).got(40000),
                  Log{fmt::format("{} mail problem", 7200 + begin)});
        EXPECT_EQ(Play(settings, components({"a"}), epoch).fail(100).recover(5000).got(40000),
                  Log{});
    }
}

// ---- rules 11 and 12: delivery, crash and restart ---------------------------------------------

TEST(Policy, a_refused_message_is_tried_again_with_growing_pauses_and_one_key) {
    Play play(to_mail());
    play.receiver(50, "mail", Mode::lossy).fail(100);
    EXPECT_EQ(play.got(1000), (Log{"110 mail problem", "115 mail problem", "130 mail problem",
                                   "175 mail problem", "310 mail problem", "715 mail problem"}));
    for (const testing::SentMessage& sent : play.world.sent()) EXPECT_EQ(sent.key, "1/mail/1");
    EXPECT_TRUE(play.world.sent().back().message.tried);
}

TEST(
    Policy,
    a_problem_that_was_never_delivered_is_one_missed_message_and_none_to_a_receiver_that_keeps_state) {
    Play play(settings_with({{0s, {"mail", "pager"}}}));
    play.receiver(50, "mail", Mode::down).receiver(50, "pager", Mode::down);
    play.fail(100).recover(500).receiver(7000, "mail", Mode::up).receiver(7000, "pager", Mode::up);
    EXPECT_EQ(play.got(9000), Log{"7015 mail missed"});
}

TEST(Policy, a_problem_that_perhaps_arrived_is_sent_again_and_then_its_recovery) {
    Play play(to_mail());
    play.receiver(50, "mail", Mode::lossy).fail(100).receiver(112, "mail", Mode::down);
    play.recover(500).receiver(600, "mail", Mode::up);
    EXPECT_EQ(play.got(9000), (Log{"110 mail problem", "715 mail problem", "715 mail resolved"}));
}

TEST(Policy, a_recovery_withdrawn_by_a_relapse_is_nothing) {
    Play play(to_mail());
    play.fail(100).receiver(200, "mail", Mode::down).recover(300).fail(400);
    EXPECT_EQ(play.receiver(500, "mail", Mode::up).got(3000), Log{"110 mail problem"});
}

TEST(Policy, a_receiver_that_is_stuck_has_its_fallback_told) {
    Settings settings = to_mail();
    settings.receivers[0].fallback = {"chat", 300s};
    Play play(settings);
    play.receiver(50, "mail", Mode::down).fail(100).recover(2000);
    EXPECT_EQ(play.got(6000), (Log{"410 chat problem", "2060 chat resolved"}));
}

TEST(Policy, a_crash_before_the_decision_is_saved_loses_nothing) {
    EXPECT_EQ(Play(to_mail()).crash(50, Crash::decide).fail(100).start(200).fail(201).got(3000),
              Log{"211 mail problem"});
}

TEST(Policy, a_decision_that_was_saved_is_sent_after_the_restart) {
    EXPECT_EQ(
        Play(to_mail()).fail(100).crash(105, Crash::persist).start(20000).fail(20001).got(21000),
        Log{"20001 mail problem"});
    EXPECT_EQ(
        Play(to_mail()).fail(100).crash(105, Crash::persist).start(20000).recover(20001).got(21000),
        Log{"20061 mail missed"});
}

TEST(Policy, a_message_without_an_answer_is_sent_again_with_its_key) {
    Play play(to_mail());
    play.fail(100).crash(105, Crash::send).start(200).fail(201);
    EXPECT_EQ(play.got(3000), (Log{"110 mail problem", "201 mail problem"}));
    EXPECT_EQ(play.world.sent()[0].key, play.world.sent()[1].key);
}

TEST(Policy, after_a_restart_nobody_is_told_without_a_fresh_verdict) {
    Play play(to_mail(3600s));
    EXPECT_EQ(play.fail(100).start(200).got(20000), Log{"110 mail problem"});
    EXPECT_EQ(play.fail(20000).got(20001), (Log{"110 mail problem", "20000 mail reminder"}));
}

// ---- rule 14: clocks --------------------------------------------------------------------------

TEST(Policy, a_clock_that_is_set_moves_silences_and_nothing_else) {
    Play play(to_mail(3600s));
    play.muted(50, mute("a", 5000)).fail(100);
    play.world.set_clock(200, 86400);
    EXPECT_EQ(play.got(3900), (Log{"200 mail problem", "3800 mail reminder"}));
    play.world.set_clock(4000, 0);
    play.recover(4100);
    EXPECT_EQ(play.got(9000),
              (Log{"200 mail problem", "3800 mail reminder", "5000 mail resolved"}));
}

// ---- rule 16 and what the model does not have --------------------------------------------------

// A policy without a world: messages are taken and ended by hand.
class ByHand : public ::testing::Test {
  protected:
    static Steady second(int t) { return Steady{} + std::chrono::seconds(t); }
    static System wall(int t) { return AlertWorld::wall_second(t); }
    Policy& policy(Settings settings) {
        policy_ = std::make_unique<Policy>(incidents, std::move(settings), testing::shared(all),
                                           second(0));
        return *policy_;
    }
    Decisions report(int t, Status status) {
        incidents.report("a", status, ErrorClass::none, second(t));
        return settle(t);
    }
    Decisions settle(int t) { return policy_->settle(second(t), wall(t)); }
    std::optional<Message> take(int t) { return policy_->take(second(t), wall(t)); }

    std::vector<Component> all = components({"a"});
    Incidents incidents;
    std::unique_ptr<Policy> policy_;
};

TEST_F(ByHand, a_refusal_for_good_brings_the_fallback_at_once_and_is_tried_hourly) {
    Settings settings = to_mail();
    settings.receivers[0].fallback = {"chat", 300s};
    Policy& policy = this->policy(settings);
    report(100, Status::failed);
    ASSERT_EQ(settle(110).queued.size(), 1U);
    policy.ended(*take(110), Fate::rejected, second(110));
    EXPECT_EQ(policy.next_deadline(second(110), wall(110)), Steady::min());
    ASSERT_EQ(settle(110).queued.size(), 1U);
    EXPECT_EQ(take(110)->receiver, "chat");
    EXPECT_FALSE(take(3709));
    EXPECT_EQ(take(3710)->receiver, "mail");
    EXPECT_TRUE(policy.queues()[0].rejecting);
}

TEST_F(ByHand, retry_after_delays_by_an_hour_at_most_and_never_hastens) {
    Policy& policy = this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    policy.ended(*take(110), Fate::refused, second(110), 60s);
    EXPECT_FALSE(take(169));
    policy.ended(*take(170), Fate::refused, second(170), 1s);
    EXPECT_FALSE(take(184));
    policy.ended(*take(185), Fate::refused, second(185), 24h);
    EXPECT_FALSE(take(3784));
    EXPECT_TRUE(take(3785));
}

TEST_F(ByHand, a_message_above_the_rate_waits_and_then_says_what_is_true) {
    Settings settings = to_mail();
    settings.receivers[0].at_most = Rate{2, 1h};
    Policy& policy = this->policy(settings);
    report(100, Status::degraded);
    settle(110);
    report(120, Status::failed);
    settle(130);
    policy.ended(*take(130), Fate::delivered, second(130));
    report(140, Status::ok);
    settle(250);
    EXPECT_EQ(take(250)->kind, Kind::resolved);
    policy.ended({.incident = 1, .receiver = "mail", .serial = 2}, Fate::delivered, second(250));
    report(300, Status::failed);
    settle(310);
    EXPECT_FALSE(take(310)) << "two have left within the hour";
    EXPECT_FALSE(take(3729));
    EXPECT_EQ(policy.next_deadline(second(3700), wall(3700)), second(3730));
    report(3720, Status::ok);
    settle(3800);
    EXPECT_EQ(take(3800)->kind, Kind::missed) << "it is over meanwhile";
}

TEST_F(ByHand, a_message_that_was_not_sent_counts_for_nothing) {
    Settings settings = to_mail();
    settings.receivers[0].at_most = Rate{1, 1h};
    Policy& policy = this->policy(settings);
    report(100, Status::failed);
    settle(110);
    const Message message = *take(110);
    EXPECT_FALSE(take(110)) << "it is under way";
    policy.not_sent(message);
    const Message again = *take(111);
    EXPECT_EQ(again.serial, message.serial);
    EXPECT_TRUE(again.tried);
    policy.ended(again, Fate::delivered, second(111));
    EXPECT_EQ(policy.queues()[0].messages, 0U);
}

TEST_F(ByHand, what_another_one_told_is_told) {
    Policy& policy = this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    EXPECT_TRUE(policy.heard(1, "mail", State::problem, Status::failed, 1, second(111)));
    EXPECT_FALSE(policy.heard(1, "mail", State::problem, Status::failed, 1, second(111)));
    EXPECT_FALSE(policy.heard(1, "nobody", State::problem, Status::failed, 1, second(111)));
    EXPECT_FALSE(policy.heard(7, "mail", State::problem, Status::failed, 1, second(111)));
    settle(111);
    EXPECT_FALSE(take(111));
    report(120, Status::ok);
    EXPECT_EQ(settle(190).queued.size(), 1U);
    const Message end = *take(190);
    EXPECT_EQ(end.kind, Kind::resolved);
    EXPECT_EQ(end.serial, 2U) << "numbers go on";
}

TEST_F(ByHand, an_end_that_another_one_told_is_not_told_again) {
    Policy& policy = this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    policy.ended(*take(110), Fate::delivered, second(110));
    report(120, Status::ok);
    settle(150);
    EXPECT_TRUE(policy.heard(1, "mail", State::resolved, Status::ok, 2, second(150)));
    EXPECT_TRUE(settle(190).queued.empty());
    EXPECT_EQ(policy.cases().size(), 0U) << "everybody has heard it";
}

TEST_F(ByHand, a_report_of_the_other_one_waits_while_a_message_is_on_its_way) {
    Policy& policy = this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    const Message message = *take(110);
    EXPECT_FALSE(policy.heard(1, "mail", State::problem, Status::failed, 1, second(111)));
    policy.ended(message, Fate::delivered, second(112));
    EXPECT_FALSE(policy.heard(1, "mail", State::problem, Status::failed, 1, second(113)));
}

TEST_F(ByHand, worse_says_what_it_was_before) {
    Settings settings = to_mail();
    settings.rules[0].from = Status::degraded;
    Policy& policy = this->policy(settings);
    report(100, Status::degraded);
    settle(110);
    policy.ended(*take(110), Fate::delivered, second(110));
    report(120, Status::failed);
    const Message worse = *take(120);
    EXPECT_EQ(worse.kind, Kind::worse);
    EXPECT_EQ(worse.level_was, Status::degraded);
}

TEST_F(ByHand, the_next_receivers_are_known) {
    Settings settings = ladder(3600s);
    Policy& policy = this->policy(settings);
    report(100, Status::failed);
    settle(110);
    policy.ended(*take(110), Fate::delivered, second(110));
    const auto next = policy.next_of(1, second(110));
    ASSERT_EQ(next.size(), 3U);
    EXPECT_EQ(next[0], (Policy::Next{second(410), "mail", false}));
    EXPECT_EQ(next[1], (Policy::Next{second(1010), "pager", false}));
    EXPECT_EQ(next[2], (Policy::Next{second(3710), "chat", true}));
    report(120, Status::ok);
    EXPECT_TRUE(policy.next_of(1, second(120)).empty());
}

TEST_F(ByHand, what_was_decided_behind_a_message_in_flight_follows_its_fate) {
    Policy& policy = this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    const Message problem = *take(110);
    report(120, Status::ok);
    const Decisions closed = settle(180);
    ASSERT_EQ(closed.queued.size(), 1U);
    EXPECT_EQ(closed.queued[0].kind, Kind::resolved);
    EXPECT_FALSE(take(180));  // one at a time for an incident
    policy.ended(problem, Fate::refused, second(181));
    const Message missed = *take(186);
    EXPECT_EQ(missed.kind, Kind::missed);
    policy.ended(missed, Fate::delivered, second(186));
    EXPECT_TRUE(policy.cases().empty());
    EXPECT_TRUE(incidents.all().empty());
    EXPECT_EQ(settle(187).forgotten, std::vector<std::uint64_t>{1});
}

TEST_F(ByHand, an_incident_whose_rule_is_gone_is_resolved_for_receivers_that_were_told) {
    Policy& policy = this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    policy.ended(*take(110), Fate::delivered, second(110));
    Settings without = to_mail();
    without.rules.clear();
    policy.reload(without, testing::shared(all), second(200));
    settle(200);
    const Message resolved = *take(200);
    EXPECT_EQ(resolved.kind, Kind::resolved);
    policy.ended(resolved, Fate::delivered, second(200));
    settle(300);
    EXPECT_FALSE(take(300));
}

TEST_F(ByHand, a_receiver_that_is_gone_is_told_nothing_more) {
    Policy& policy = this->policy(settings_with({{0s, {"mail", "chat"}}}));
    report(100, Status::failed);
    settle(110);
    Settings without = settings_with({{0s, {"chat"}}});
    without.receivers.erase(without.receivers.begin());
    policy.reload(without, testing::shared(all), second(120));
    settle(120);
    EXPECT_EQ(take(120)->receiver, "chat");
    EXPECT_FALSE(take(120));
}

TEST_F(ByHand, a_component_that_is_gone_is_resolved) {
    Policy& policy = this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    policy.ended(*take(110), Fate::delivered, second(110));
    policy.reload(to_mail(), testing::shared(components({"b"})), second(200));
    settle(200);
    EXPECT_EQ(policy.next_deadline(second(200), wall(200)), second(260));
    settle(260);
    EXPECT_EQ(take(260)->kind, Kind::resolved);
}

TEST_F(ByHand, queues_tell_how_much_waits_and_since_when) {
    Policy& policy = this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    EXPECT_EQ(policy.queues()[0].messages, 1U);
    EXPECT_EQ(policy.queues()[0].oldest, second(110));
    EXPECT_EQ(policy.queues()[1].messages, 0U);
    EXPECT_EQ(policy.queues()[1].oldest, std::nullopt);
}

TEST_F(ByHand, keys_name_store_incident_receiver_and_serial) {
    this->policy(to_mail());
    report(100, Status::failed);
    settle(110);
    EXPECT_EQ(message_key("7f3a", *take(110)), "7f3a-1-mail-1");
}

// ---- what it costs ----------------------------------------------------------------------------

TEST(Policy, a_thousand_open_incidents_do_not_slow_it_down) {
    constexpr int count = 10'000;
    std::vector<std::string> names;
    for (int number = 0; number < count; ++number) names.push_back(fmt::format("s{:04}", number));
    Settings settings = settings_with({{0s, {"chat", "mail"}}, {900s, {"pager"}}}, 3600s);
    settings.incidents.storm.count = 100'000;
    Play play(settings, components(names));
    for (int number = 0; number < 1000; ++number)
        play.fail(100, names[static_cast<std::size_t>(number)]);
    EXPECT_EQ(play.got(200).size(), 2000U);
    play.receiver(200, "chat", Mode::down);
    const auto began = std::chrono::steady_clock::now();
    constexpr int rounds = 4;
    for (int round = 0; round < rounds; ++round)
        for (std::size_t number = 1000; number < 2000; ++number)
            play.say(300 + 100 * round, names[number],
                     round % 2 == 0 ? Status::failed : Status::ok);
    play.world.advance(800);
    const auto each = (std::chrono::steady_clock::now() - began) / (rounds * 1000);
    RecordProperty("nanoseconds_per_event", static_cast<int>(each / 1ns));
    EXPECT_LT(each, 1ms);  // some microseconds; what grows with the open incidents takes far more
}

}  // namespace
}  // namespace vitals::alerts
