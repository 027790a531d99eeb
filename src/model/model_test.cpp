// Thresholds, freshness, aggregate, globs, root causes, secrets: literals in, literals out.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>

#include "model/clock.hpp"
#include "model/judge.hpp"
#include "model/moment.hpp"
#include "model/secret.hpp"
#include "model/selector.hpp"
#include "text/glob.hpp"
#include "vitals/snapshot.hpp"

namespace vitals {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<ComponentState> state(std::string name, Status status, bool critical = true,
                                      std::vector<std::string> depends_on = {}) {
    auto component = std::make_shared<Component>();
    component->name = std::move(name);
    component->critical = critical;
    component->depends_on = std::move(depends_on);
    auto made = std::make_shared<ComponentState>();
    made->component = component;
    made->judged = status;
    auto outcome = std::make_shared<Outcome>();
    outcome->status = status;
    outcome->detail = "said so";
    made->last = outcome;
    made->valid_until = Steady(100s);
    return made;
}

std::shared_ptr<ComponentState> own(Status status) {
    auto made = state("vitals/store", status);
    auto component = std::make_shared<Component>(*made->component);
    component->own = true;
    made->component = component;
    return made;
}

Status aggregate_of(std::vector<std::shared_ptr<ComponentState>> states) {
    std::vector<const ComponentState*> pointers;
    for (const auto& one : states) pointers.push_back(one.get());
    return aggregate(pointers, Steady(50s));
}

TEST(Judge, one_failure_is_enough_by_default) {
    const Policy policy;
    Judgement judgement = judge({}, Status::ok, policy);
    EXPECT_EQ(judgement.status, Status::ok);
    judgement = judge(judgement, Status::failed, policy);
    EXPECT_EQ(judgement.status, Status::failed);
    judgement = judge(judgement, Status::ok, policy);
    EXPECT_EQ(judgement.status, Status::ok);
}

TEST(Judge, holds_the_old_status_until_the_threshold) {
    Policy policy;
    policy.failures = 3;
    policy.successes = 2;
    Judgement judgement = judge({}, Status::ok, policy);
    judgement = judge(judgement, Status::failed, policy);
    EXPECT_EQ(judgement.status, Status::ok);
    judgement = judge(judgement, Status::failed, policy);
    EXPECT_EQ(judgement.status, Status::ok);
    EXPECT_EQ(judgement.failing_runs, 2u);
    judgement = judge(judgement, Status::failed, policy);
    EXPECT_EQ(judgement.status, Status::failed);
    judgement = judge(judgement, Status::ok, policy);
    EXPECT_EQ(judgement.status, Status::failed) << "one passing run of two";
    judgement = judge(judgement, Status::failed, policy);
    EXPECT_EQ(judgement.status, Status::failed);
    judgement = judge(judgement, Status::ok, policy);
    judgement = judge(judgement, Status::degraded, policy);
    EXPECT_EQ(judgement.status, Status::degraded);
}

TEST(Judge, never_ok_before_the_first_passing_run) {
    Policy policy;
    policy.failures = 3;
    Judgement judgement = judge({}, Status::failed, policy);
    EXPECT_EQ(judgement.status, Status::unknown);
}

TEST(Judge, a_blind_run_shows_at_once_and_forgets_nothing) {
    Policy policy;
    policy.successes = 2;
    Judgement judgement = judge({}, Status::failed, policy);
    judgement = judge(judgement, Status::unknown, policy);
    EXPECT_EQ(judgement.status, Status::unknown);
    judgement = judge(judgement, Status::ok, policy);
    EXPECT_EQ(judgement.status, Status::failed) << "it was down and has passed once of twice";
    judgement = judge(judgement, Status::ok, policy);
    EXPECT_EQ(judgement.status, Status::ok);
}

TEST(Freshness, a_stale_result_is_unknown_whatever_it_said) {
    const auto one = state("redis", Status::ok);
    EXPECT_EQ(one->status(Steady(100s)), Status::ok);
    EXPECT_EQ(one->status(Steady(101s)), Status::unknown);
    EXPECT_EQ(one->detail(Steady(101s)), "stale");
    EXPECT_EQ(one->detail(Steady(99s)), "said so");
}

TEST(Freshness, not_run_yet_is_unknown) {
    auto one = state("redis", Status::unknown);
    one->last = nullptr;
    EXPECT_EQ(one->status(Steady(1s)), Status::unknown);
    EXPECT_EQ(one->detail(Steady(1s)), "not run yet");
}

TEST(Freshness, detail_counts_what_thresholds_hold_back) {
    auto one = state("redis", Status::failed);
    one->judged = Status::ok;
    one->failing_runs = 2;
    EXPECT_EQ(one->detail(Steady(1s)), "ok, 2 failing runs: said so");
    one = state("redis", Status::ok);
    one->judged = Status::failed;
    one->passing_runs = 1;
    EXPECT_EQ(one->detail(Steady(1s)), "recovering, 1 passing run: said so");
}

TEST(Aggregate, follows_the_order_of_severity) {
    EXPECT_EQ(aggregate_of({}), Status::unknown) << "nothing is watched";
    EXPECT_EQ(aggregate_of({own(Status::ok)}), Status::unknown) << "vitals' own does not count";
    EXPECT_EQ(aggregate_of({own(Status::failed)}), Status::failed);
    EXPECT_EQ(aggregate_of({own(Status::degraded), state("a", Status::ok)}), Status::degraded);
    EXPECT_EQ(aggregate_of({state("a", Status::ok)}), Status::ok);
    EXPECT_EQ(aggregate_of({state("a", Status::ok), state("b", Status::degraded)}),
              Status::degraded);
    EXPECT_EQ(aggregate_of({state("a", Status::unknown), state("b", Status::degraded)}),
              Status::unknown);
    EXPECT_EQ(aggregate_of({state("a", Status::unknown), state("b", Status::failed)}),
              Status::failed);
    EXPECT_EQ(aggregate_of({state("a", Status::failed, false), state("b", Status::ok)}),
              Status::degraded);
    EXPECT_EQ(aggregate_of({state("a", Status::unknown, false), state("b", Status::ok)}),
              Status::degraded);
}

TEST(RootCause, is_the_end_of_the_chain_of_failed_dependencies) {
    const auto causes = root_causes({
        state("app", Status::failed, true, {"db", "cache"}),
        state("cache", Status::ok),
        state("db", Status::failed, true, {"disk"}),
        state("disk", Status::failed),
        state("other", Status::failed),
        state("web", Status::degraded, true, {"disk"}),
    });
    EXPECT_EQ(causes.size(), 2u);
    EXPECT_EQ(causes.at("app"), "disk");
    EXPECT_EQ(causes.at("db"), "disk");
}

TEST(RootCause, survives_a_cycle) {
    const auto causes = root_causes(
        {state("a", Status::failed, true, {"b"}), state("b", Status::failed, true, {"a"})});
    EXPECT_EQ(causes.at("a"), "b");
}

TEST(Policy, looks_again_soon_in_doubt) {
    EXPECT_EQ((Policy{.interval = 60s}.interval_at(Pace::retry)), 12s);
    EXPECT_EQ((Policy{.interval = 2s}.interval_at(Pace::retry)), 1s);
    EXPECT_EQ((Policy{.interval = 500ms}.interval_at(Pace::retry)), 500ms);
    EXPECT_EQ((Policy{.interval = 2s, .retry_interval = 5s}.interval_at(Pace::retry)), 2s);
    EXPECT_EQ((Policy{.interval = 2s, .down_interval = 1s}.interval_at(Pace::down)), 2s);
    EXPECT_EQ((Policy{.interval = 2s, .down_interval = 60s}.interval_at(Pace::down)), 60s);
}

TEST(Glob, matches_as_documented) {
    EXPECT_TRUE(text::glob_match("*", "databases/default"));
    EXPECT_TRUE(text::glob_match("databases/*", "databases/default"));
    EXPECT_FALSE(text::glob_match("databases/*", "database"));
    EXPECT_TRUE(text::glob_match("db?", "db1"));
    EXPECT_FALSE(text::glob_match("db?", "db"));
    EXPECT_TRUE(text::glob_match("*a*b*", "xxaxxbxx"));
    EXPECT_FALSE(text::glob_match("", "x"));
}

bool takes(std::vector<std::string> words, const Component& component) {
    return Selector(std::move(words)).takes(component);
}

TEST(Selector, includes_and_excludes) {
    const std::vector<std::string> words = {"databases/*", "!databases/old"};
    EXPECT_TRUE(takes(words, {.name = "databases/default"}));
    EXPECT_FALSE(takes(words, {.name = "databases/old"}));
    EXPECT_FALSE(takes(words, {.name = "redis"}));
    EXPECT_TRUE(takes({"!x"}, {.name = "y"}));
    EXPECT_FALSE(takes({"!x"}, {.name = "x"}));
    EXPECT_TRUE(takes({}, {.name = "anything"}));
}

TEST(Selector, chooses_by_tag_and_kind) {
    const Component shop{.name = "shop", .kind = "http", .tags = {"web", "eu-west"}};
    EXPECT_TRUE(takes({"tag:web"}, shop));
    EXPECT_TRUE(takes({"tag:eu-*"}, shop));
    EXPECT_FALSE(takes({"tag:we"}, shop));
    EXPECT_TRUE(takes({"kind:http"}, shop));
    EXPECT_FALSE(takes({"kind:tcp"}, shop));
    EXPECT_FALSE(takes({"kind:http", "!tag:web"}, shop));
    EXPECT_TRUE(takes({"tag:db", "shop"}, shop));
    EXPECT_FALSE(takes({"tag:web"}, {.name = "web"}));
    EXPECT_FALSE(takes({"tag:web"}, {.name = "tag:web"}));
    EXPECT_TRUE(takes({"tag?web"}, {.name = "tag:web"}));
}

TEST(Selector, refuses_words_that_nothing_matches) {
    EXPECT_EQ(selector_problem("tag:storage"), "");
    EXPECT_EQ(selector_problem("!kind:post*"), "");
    EXPECT_EQ(selector_problem("tag:a/b/c"), "");
    EXPECT_EQ(selector_problem("a/b/c"),
              "a component's name has at most one '/', so no component can match");
    for (const std::string_view empty : {"", "!", "tag:", "!kind:"})
        EXPECT_EQ(selector_problem(empty), "a glob must not be empty") << empty;
}

TEST(Secret, changes_for_every_copy_and_compares_whole) {
    const Secret secret("old");
    const Secret copy = secret;
    secret.replace("new");
    EXPECT_EQ(copy.reveal(), "new");
    EXPECT_TRUE(copy.equals("new"));
    EXPECT_FALSE(copy.equals("ne"));
    EXPECT_FALSE(Secret().equals(""));
    EXPECT_FALSE(Secret("").equals("")) << "an empty secret admits nobody";
    EXPECT_TRUE(Secret::pending().configured());
    EXPECT_FALSE(Secret::pending().available());
}

TEST(Secret, accepts_a_replaced_value_for_an_overlap) {
    using std::chrono::seconds;
    const Secret secret("first");
    const Steady then{std::chrono::hours(1)};
    const std::chrono::milliseconds minute = std::chrono::minutes(1);
    secret.replace("second", then);
    secret.replace("third", then + seconds(30));
    for (const char* each : {"first", "second", "third"})
        EXPECT_TRUE(secret.accepts(each, minute, then + seconds(59))) << each;
    EXPECT_FALSE(secret.accepts("first", minute, then + seconds(60)));
    EXPECT_TRUE(secret.accepts("second", minute, then + seconds(89)));
    EXPECT_FALSE(secret.accepts("second", minute, then + seconds(90)));
    EXPECT_TRUE(secret.accepts("third", minute, then + seconds(900)));
    EXPECT_FALSE(secret.accepts("second", {}, then + seconds(30))) << "no overlap is wanted";
    EXPECT_FALSE(secret.equals("second"));
    EXPECT_FALSE(secret.accepts("", minute, then)) << "nothing was never a value";
    // However often it is rotated, only the last few are known.
    for (int i = 0; i < 100; ++i) secret.replace(std::to_string(i), then);
    EXPECT_TRUE(secret.accepts("98", minute, then));
    EXPECT_FALSE(secret.accepts("third", minute, then));
}

TEST(Secret, without_a_value_says_why) {
    const Secret secret = Secret::pending("not read yet");
    EXPECT_EQ(secret.why_unavailable(), "not read yet");
    secret.set_why_unavailable("sealed");
    EXPECT_EQ(secret.why_unavailable(), "sealed");
    EXPECT_FALSE(secret.accepts("", std::chrono::hours(1), {}));
    secret.replace("x");
    EXPECT_EQ(secret.why_unavailable(), "");
    secret.set_why_unavailable("late");
    EXPECT_EQ(secret.why_unavailable(), "") << "it has its last value";
    EXPECT_FALSE(secret.accepts("", std::chrono::hours(1), Steady::max()));
}

TEST(Secret, goes_on_from_an_earlier_configuration) {
    const Steady then{std::chrono::hours(1)};
    const std::chrono::milliseconds hour = std::chrono::hours(1);
    const Secret before("first");
    before.replace("second", then);
    const Secret waiting = Secret::pending("the vault is sealed");
    waiting.continue_from(before, then);
    EXPECT_TRUE(waiting.equals("second")) << "keeps the last value";
    EXPECT_TRUE(waiting.accepts("first", hour, then));
    const Secret read("third");
    read.continue_from(before, then);
    EXPECT_TRUE(read.equals("third"));
    EXPECT_TRUE(read.accepts("second", hour, then));
    EXPECT_TRUE(read.accepts("first", hour, then));
    const Secret same("second");
    same.continue_from(before, then);
    EXPECT_FALSE(same.accepts("second", hour, then + hour) && !same.equals("second"));
    same.continue_from(Secret(), then);
    same.continue_from(same, then);
    EXPECT_TRUE(same.equals("second"));
    before.replace("other", then);
    EXPECT_TRUE(waiting.equals("second")) << "a cell of its own";
}

TEST(Clock, reads_rfc3339) {
    const auto shown = [](std::string_view text) {
        const auto time = parse_rfc3339(text);
        return time ? rfc3339_millis(*time) : std::string("none");
    };
    EXPECT_EQ(shown("2015-01-02T20:39:58Z"), "2015-01-02T20:39:58.000Z");
    EXPECT_EQ(shown("2015-01-02t20:39:58.0079z"), "2015-01-02T20:39:58.007Z");
    EXPECT_EQ(shown("2015-01-02 01:00:00+02:00"), "2015-01-01T23:00:00.000Z");
    EXPECT_EQ(shown("2015-01-02T23:30:00.123456789-01:00"), "2015-01-03T00:30:00.123Z");
    for (const char* text :
         {"", "2015", "2015-01-02", "2015-01-02T20:39:58", "2015-13-02T20:39:58Z",
          "2015-02-30T20:39:58Z", "2015-01-02T24:39:58Z", "2015-01-02T20:39:58.Z",
          "2015-01-02T20:39:58.1234567890Z", "2015-01-02T20:39:58+2:00", "2015-01-02T20:39:58Zx",
          "-015-01-02T20:39:58Z", "1799-01-02T20:39:58Z", "9999-01-02T20:39:58Z",
          "2015-01-02T20:39:58+99:00"})
        EXPECT_EQ(shown(text), "none") << text;
}

TEST(Clock, keeps_what_others_tell_within_what_it_can_count) {
    const auto seconds = [](std::int64_t count) {
        return rfc3339(moment_of(std::chrono::sys_seconds(std::chrono::seconds(count))));
    };
    EXPECT_EQ(seconds(1'420'231'198), "2015-01-02T20:39:58Z");
    EXPECT_EQ(seconds(253'402'300'799), "2200-01-01T00:00:00Z");  // the end of 9999
    EXPECT_EQ(seconds(INT64_MAX), "2200-01-01T00:00:00Z");
    EXPECT_EQ(seconds(INT64_MIN), "1800-01-01T00:00:00Z");
    EXPECT_EQ(rfc3339_millis(moment_of(1'420'231'198.5)), "2015-01-02T20:39:58.500Z");
    EXPECT_EQ(rfc3339(moment_of(1e300)), "2200-01-01T00:00:00Z");
    EXPECT_EQ(moment_of(std::nan("")), System{});
}

TEST(Clock, writes_rfc3339) {
    const System time{std::chrono::milliseconds(1'420'231'198'007)};
    EXPECT_EQ(rfc3339(time), "2015-01-02T20:39:58Z");
    EXPECT_EQ(rfc3339_millis(time), "2015-01-02T20:39:58.007Z");
}

}  // namespace
}  // namespace vitals
