#include "fleet/pushes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace vitals::fleet {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t today = 1'700'000'000'000;

// One node's pushes, and what it would send.
struct One {
    explicit One(std::string name) : name(std::move(name)) { pushes.configure({"backup"}); }
    std::vector<Pushed> sent(Steady now, bool all = false) {
        std::vector<Pushed> sent;
        pushes.turn(all, now,
                    [&sent](const std::string&, Pushed pushed) { sent.push_back(pushed); });
        return sent;
    }
    Pushed told(std::string detail, std::uint64_t wall, Steady now,
                std::chrono::milliseconds valid_for = 60s) {
        pushes.tell("backup", ok(std::move(detail)), valid_for, name, wall, now);
        return sent(now).at(0);
    }
    std::string name;
    Pushes pushes;
};

TEST(Pushes, count_in_the_order_in_which_they_were_told_whatever_the_wall_clocks_say) {
    const Steady now{1h};
    One ahead("a"), behind("b"), hears("c");
    const Pushed first = ahead.told("first", today + 86'400'000, now);
    EXPECT_EQ(behind.pushes.take("backup", "a", first, now), 60s);
    // Its clock is a day behind, and it has heard of the other.
    const Pushed second = behind.told("second", today, now);
    EXPECT_EQ(hears.pushes.take("backup", "b", second, now), 60s);
    EXPECT_EQ(hears.pushes.take("backup", "a", first, now), std::nullopt) << "it came late";
    EXPECT_EQ(hears.pushes.take("backup", "b", second, now), std::nullopt) << "it came again";
    EXPECT_EQ(ahead.pushes.take("backup", "b", second, now), 60s);
    EXPECT_TRUE(ahead.sent(now + 40s).empty()) << "what is no longer the latest is not repeated";
}

TEST(Pushes, at_one_time_are_ordered_alike_on_all_nodes) {
    const Steady now{1h};
    One a("a"), b("b"), first("c"), second("d");
    const Pushed of_a = a.told("a", today, now), of_b = b.told("b", today, now);
    EXPECT_TRUE(first.pushes.take("backup", "a", of_a, now));
    EXPECT_TRUE(first.pushes.take("backup", "b", of_b, now));
    EXPECT_TRUE(second.pushes.take("backup", "b", of_b, now));
    EXPECT_FALSE(second.pushes.take("backup", "a", of_a, now));
    EXPECT_TRUE(a.pushes.take("backup", "b", of_b, now));
    EXPECT_FALSE(b.pushes.take("backup", "a", of_a, now));
}

TEST(Pushes, hold_for_what_is_left_of_their_time) {
    const Steady now{1h};
    One one("a"), other("b");
    one.told("done", today, now, 10s);
    const auto again = one.sent(now + 4s);
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(other.pushes.take("backup", "a", again[0], Steady{5000h}), 6s)
        << "counted from its arrival";
    EXPECT_TRUE(one.sent(now + 10s, true).empty()) << "nobody is told what holds no more";
}

TEST(Pushes, are_told_again_soon_then_now_and_then_and_whenever_somebody_asks) {
    const Steady now{1h};
    One one("a");
    one.told("done", today, now, 1h);
    EXPECT_TRUE(one.sent(now + 1s).empty());
    EXPECT_EQ(one.sent(now + 2s).size(), 1u);
    EXPECT_TRUE(one.sent(now + 20s).empty());
    EXPECT_EQ(one.sent(now + 20s, true).size(), 1u);
    EXPECT_EQ(one.sent(now + 50s).size(), 1u);
}

TEST(Pushes, of_components_that_are_not_shared_are_left_alone) {
    const Steady now{1h};
    One one("a"), other("b");
    const Pushed pushed = one.told("done", today, now);
    EXPECT_EQ(other.pushes.take("other", "a", pushed, now), std::nullopt);
    other.pushes.configure({});
    EXPECT_EQ(other.pushes.take("backup", "a", pushed, now), std::nullopt);
    one.pushes.configure({"backup", "more"});
    EXPECT_EQ(one.sent(now + 2s).size(), 1u) << "one that stays goes on";
    one.pushes.tell("nobody's", ok(), 1s, "a", today, now);
    EXPECT_EQ(one.sent(now + 2s, true).size(), 1u);
}

TEST(Pushes, hold_no_control_characters_that_nobody_would_take) {
    One one("a");
    const Pushed pushed = one.told("two\nlines\x1b[31m", today, Steady{1h});
    EXPECT_TRUE(decode("push", encode(pushed)));
}

}  // namespace
}  // namespace vitals::fleet
