#include "ping.hpp"

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "url_of.hpp"

namespace vitals::checks::ping {
namespace {

using namespace std::chrono_literals;

Outcome verdict(std::size_t sent, std::size_t back, const Options& options = {}) {
    Echoes echoes{.address = "192.0.2.1", .sent = sent};
    echoes.times.assign(back, 2ms);
    return judge(options, echoes);
}

TEST(PingVerdict, goes_by_what_gets_lost) {
    EXPECT_EQ(verdict(4, 4).status, Status::ok);
    EXPECT_EQ(verdict(4, 4).detail, "4 of 4 answered in 2.0 ms");
    EXPECT_EQ(verdict(4, 3).status, Status::ok) << "a quarter is not above a quarter";
    EXPECT_EQ(verdict(4, 2).status, Status::degraded);
    EXPECT_EQ(verdict(4, 1).status, Status::degraded);
    const Outcome nothing = verdict(4, 0);
    EXPECT_EQ(nothing.status, Status::failed);
    EXPECT_EQ(nothing.error_class, ErrorClass::timeout);
    EXPECT_EQ(nothing.detail, "no answer");
    EXPECT_EQ(verdict(4, 1, {.failed_loss = {75}}).status, Status::failed);
    EXPECT_EQ(verdict(4, 3, {.loss_above = {0}}).status, Status::degraded);
    EXPECT_EQ(verdict(0, 0).status, Status::failed);
}

TEST(PingVerdict, says_what_a_router_said) {
    const Outcome outcome =
        judge({}, {.address = "192.0.2.1", .sent = 4, .times = {}, .problem = "no route"});
    EXPECT_EQ(outcome.error_class, ErrorClass::connect);
    EXPECT_EQ(outcome.detail, "no route");
    EXPECT_FALSE(outcome.detail.contains("192.0.2.1"));
}

TEST(PingVerdict, an_answer_of_this_machine_proves_nothing) {
    const Outcome outcome =
        judge({}, {.address = "127.0.0.1", .sent = 1, .times = {1us}, .to_itself = true});
    EXPECT_EQ(outcome.status, Status::degraded);
}

// The machine decides whether it may be sent; the result is one of these two.
TEST(Ping, answers_within_the_deadline_or_is_unknown) {
    const Outcome outcome =
        testing::run_in_time(kind, Options{.url = "ping://127.0.0.1", .count = 2, .every = 10ms});
    if (outcome.status == Status::unknown) {
        EXPECT_EQ(outcome.error_class, ErrorClass::local);
        EXPECT_EQ(outcome.detail, "not permitted to send echo requests");
        EXPECT_TRUE(outcome.error.contains("ping_group_range")) << outcome.error;
        EXPECT_TRUE(outcome.error.contains("CAP_NET_RAW")) << outcome.error;
    } else {
        EXPECT_EQ(outcome.status, Status::degraded) << outcome.detail << outcome.error;
        EXPECT_EQ(outcome.detail, "is this machine itself, which proves nothing");
    }
}

TEST(PingOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "ping://h"}), "");
    EXPECT_EQ(problem({.url = "ping://[::1]"}), "");
    for (const char* wrong : {"ping://h:7", "ping://h/a", "ping://u@h", "ping://", "icmp://h"})
        EXPECT_NE(problem({.url = wrong}), "") << wrong;
    EXPECT_NE(problem({.url = "ping://h", .loss_above = {60}, .failed_loss = {50}}), "");
    EXPECT_EQ(testing::url_of<Options>(kind, "ping://host"), "ping://host");
}

}  // namespace
}  // namespace vitals::checks::ping
