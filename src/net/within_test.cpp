#include "net/within.hpp"

#include <gtest/gtest.h>

#include "net/net_testing.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;

// What the work has done, and whether it still exists.
struct Seen {
    bool there = false;
    bool done = false;
};
struct Presence {
    explicit Presence(Seen& seen) : seen(seen) { seen.there = true; }
    ~Presence() { seen.there = false; }
    Seen& seen;
};

awaitable<void> sleeps(Context& context, milliseconds duration, Seen& seen) {
    const Presence presence(seen);
    co_await context.sleep(duration);
    seen.done = true;
}

awaitable<void> refuses() {
    throw CheckError(ErrorClass::connect, "connection refused");
    co_return;
}

awaitable<std::string> in_turn(Context& context, milliseconds limit, milliseconds duration,
                               Seen& seen) {
    const bool in_time =
        co_await within(context, context.clock().steady() + limit, sleeps(context, duration, seen));
    co_return in_time ? "in time" : "late";
}

class Within : public ::testing::Test {
  protected:
    Ran<std::string> run(milliseconds limit, milliseconds duration, milliseconds deadline = 5s) {
        Work<std::string> work = [this, limit, duration](Context& context) {
            return in_turn(context, limit, duration, seen_);
        };
        return drive<std::string>(loop_, environment_, std::move(work), deadline);
    }
    Loop loop_;
    Environment environment_{loop_};
    Seen seen_;
};

TEST_F(Within, work_that_ends_in_time_ends_by_itself) {
    const auto ran = run(5s, 5ms);
    EXPECT_EQ(ran.value, "in time");
    EXPECT_TRUE(seen_.done && !seen_.there);
    EXPECT_LT(ran.took, 1s);
}

TEST_F(Within, work_that_is_late_is_cancelled_and_the_run_goes_on) {
    const auto ran = run(20ms, 5s);
    EXPECT_EQ(ran.value, "late");
    EXPECT_FALSE(seen_.done || seen_.there);
    EXPECT_LT(ran.took, 1s);
}

TEST_F(Within, the_end_of_the_run_ends_the_work_first) {
    const auto ran = run(5s, 5s, 20ms);
    EXPECT_FALSE(ran.value);
    EXPECT_TRUE(ran.cancelled);
    EXPECT_FALSE(seen_.done || seen_.there);
}

TEST_F(Within, what_the_work_throws_comes_through) {
    Work<std::string> work = [](Context& context) -> awaitable<std::string> {
        co_await within(context, context.clock().steady() + 5s, refuses());
        co_return "went on";
    };
    const auto ran = drive<std::string>(loop_, environment_, std::move(work));
    EXPECT_EQ(ran.detail(), "connection refused");
}

}  // namespace
}  // namespace vitals::net
