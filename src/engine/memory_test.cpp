// What is restored after a restart, and how long it holds; the clock stands still.
#include "engine/memory.hpp"

#include <gtest/gtest.h>

namespace vitals::engine {
namespace {

using namespace std::chrono_literals;

class StandingClock : public Clock {
  public:
    Steady steady() const override { return Steady(10h); }
    System system() const override { return System(1000h); }
};

struct Case {
    Steady::duration age{};
    std::optional<std::chrono::milliseconds> ttl;
    Steady::duration away{};
};

TakenUp taken(const Case& given) {
    StandingClock clock;
    RememberedComponent remembered;
    remembered.component = "job";
    remembered.status = Status::ok;
    remembered.since = System(900h);
    remembered.observed_at = clock.system() - given.age;
    remembered.age = given.age;
    remembered.last = std::make_shared<Outcome>(ok("42 GB"));
    return take_up(remembered, std::make_shared<Component>(), given.ttl, clock, given.away);
}

TEST(Memory, what_was_pushed_holds_for_the_rest_of_its_time) {
    const TakenUp job = taken({.age = 10h, .ttl = 25h, .away = 3s});
    EXPECT_EQ(job.state->judged, Status::ok);
    EXPECT_EQ(job.state->last->detail, "42 GB");
    EXPECT_EQ(job.state->since, System(900h));
    EXPECT_EQ(job.state->observed_at, System(990h));
    EXPECT_EQ(job.state->observed, Steady(0h)) << "its age is shown";
    EXPECT_EQ(job.silent_at, Steady(25h));
    EXPECT_EQ(job.state->valid_until, Steady(25h + 5s));
}

TEST(Memory, what_outlived_its_time_meanwhile_is_unknown_not_failed) {
    const TakenUp job = taken({.age = 61s, .ttl = 60s, .away = 61s});
    EXPECT_EQ(job.state->last, nullptr);
    EXPECT_EQ(job.state->judged, Status::unknown);
    EXPECT_EQ(job.silent_at, Steady(10h + 60s)) << "it may be heard yet";
}

// Pushes every 5 s could not arrive for 8 of 10 s: the rest alone would be too short.
TEST(Memory, a_long_absence_gives_the_whole_time_again) {
    EXPECT_EQ(taken({.age = 8s, .ttl = 10s, .away = 8s}).silent_at, Steady(10h + 10s));
    EXPECT_EQ(taken({.age = 8s, .ttl = 10s, .away = 4s}).silent_at, Steady(10h + 2s));
    EXPECT_EQ(taken({.age = 8s, .ttl = 10s, .away = 8s}).state->judged, Status::ok);
}

TEST(Memory, without_a_time_to_live_it_holds) {
    const TakenUp job = taken({.age = 9999h, .ttl = {}, .away = 9999h});
    EXPECT_EQ(job.state->judged, Status::ok);
    EXPECT_GT(job.state->valid_until, Steady(24h * 365));
}

}  // namespace
}  // namespace vitals::engine
