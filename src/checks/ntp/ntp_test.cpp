#include "ntp.hpp"

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "judge.hpp"

namespace vitals::checks::ntp {
namespace {

using namespace std::chrono_literals;
using What = Heard::What;

Heard at(std::chrono::nanoseconds offset, std::chrono::nanoseconds error = 10ms) {
    return {.address = "192.0.2.1",
            .what = What::time,
            .offset = offset,
            .error = error,
            .stratum = 2,
            .leap = 0,
            .problem = {}};
}

Heard without(What what) {
    Heard made{.address = "192.0.2.1", .problem = "so it is"};
    made.what = what;
    return made;
}

void expect(const std::vector<Heard>& all, Status status, std::string_view detail) {
    const Outcome outcome = judge({}, all);
    EXPECT_EQ(outcome.status, status) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, detail);
    EXPECT_FALSE(outcome.detail.contains("192.0.2.1"));
}

TEST(NtpVerdict, goes_by_how_far_the_clock_is_off) {
    expect({at(3ms)}, Status::ok, "clock is 3.0 ms behind");
    expect({at(-3ms)}, Status::ok, "clock is 3.0 ms ahead");
    expect({at(150ms)}, Status::degraded, "clock is 150 ms behind");
    expect({at(-1500ms)}, Status::failed, "clock is 1.5 s ahead");
    expect({at(150ms, 200ms)}, Status::ok, "clock is 150 ms behind");
}

TEST(NtpVerdict, one_false_server_raises_no_alarm) {
    expect({at(1ms), at(5s), at(2ms)}, Status::ok, "clock is 2.0 ms behind");
    expect({at(5s), at(5s), at(1ms)}, Status::failed, "clock is 5.0 s behind");
    expect({at(1ms), at(5s)}, Status::unknown, "the servers do not agree");
}

TEST(NtpVerdict, a_server_that_knows_no_time_says_nothing_of_this_clock) {
    expect({without(What::not_synchronised)}, Status::failed,
           "the server's own clock is not synchronised");
    expect({without(What::not_synchronised), without(What::nothing)}, Status::failed,
           "no server's own clock is synchronised");
    expect({without(What::not_synchronised), at(1ms)}, Status::ok, "clock is 1.0 ms behind");
    expect({without(What::asks_for_less)}, Status::unknown, "the server asks for fewer questions");
    expect({without(What::refuses)}, Status::unknown, "the server refuses to serve this machine");
    expect({without(What::nothing)}, Status::failed, "no answer");
    expect({without(What::strange)}, Status::failed, "answers something else than NTP");
}

wire::ntp::Answer answer() {
    wire::ntp::Answer made;
    made.stratum = 3;
    made.root_delay = 20ms;
    made.root_dispersion = 5ms;
    made.received = System(100s + 30ms);
    made.sent = System(100s + 40ms);
    return made;
}

TEST(NtpHeard, computes_offset_and_error) {
    const Heard made = heard("a", answer(), System(100s), System(100s + 30ms));
    EXPECT_EQ(made.what, What::time);
    EXPECT_EQ(made.offset, 20ms);
    EXPECT_EQ(made.error, 25ms);  // half of 20 ms on the way, 10 ms of root delay, 5 ms
}

TEST(NtpHeard, tells_what_is_no_time) {
    const auto with = [](auto change) {
        wire::ntp::Answer made = answer();
        change(made);
        return heard("a", made, System(100s), System(100s + 30ms)).what;
    };
    EXPECT_EQ(with([](auto& made) { made.leap = 3; }), What::not_synchronised);
    EXPECT_EQ(with([](auto& made) { made.stratum = 0; }), What::not_synchronised);
    EXPECT_EQ(with([](auto& made) { made.stratum = 16; }), What::not_synchronised);
    EXPECT_EQ(with([](auto& made) { made.root_dispersion = 4s; }), What::not_synchronised);
    const auto kiss = [&](const char* word) {
        return with([&](auto& made) {
            made.stratum = 0;
            made.reference = word;
        });
    };
    EXPECT_EQ(kiss("RATE"), What::asks_for_less);
    EXPECT_EQ(kiss("DENY"), What::refuses);
    EXPECT_EQ(kiss("RSTR"), What::refuses);
    EXPECT_EQ(kiss("INIT"), What::not_synchronised);
}

TEST(Ntp, a_missing_server_fails) {
    const Options options{.url = "ntp://127.0.0.1:" + std::to_string(testing::closed_port())};
    const Outcome outcome = testing::run_in_time(kind, options, 500ms);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.failed_phase, "query");
    EXPECT_EQ(outcome.error_class, ErrorClass::connect);
    EXPECT_EQ(outcome.detail, "connection refused");
}

TEST(Ntp, the_kernel_is_asked_without_a_server) {
    const Outcome outcome = testing::run_in_time(kind, Options{.part = "kernel"});
    EXPECT_TRUE(outcome.status == Status::ok || outcome.status == Status::degraded);
}

TEST(NtpOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "ntp://h:1123"}), "");
    EXPECT_EQ(problem({.part = "kernel"}), "");
    EXPECT_NE(problem({}), "");
    EXPECT_NE(problem({.url = "ntp://h", .part = "kernel"}), "");
    EXPECT_NE(problem({.url = "ntp://u@h"}), "");
    EXPECT_NE(problem({.url = "ntp://h", .degraded_above = 2s, .failed_above = 1s}), "");
}

}  // namespace
}  // namespace vitals::checks::ntp
