#include "drill/distortion.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vitals::drill {
namespace {

using namespace std::chrono_literals;

struct Seen {
    std::string passed;
    Next next = Next::go_on;
};

// The answer in pieces of that size, until the connection does not go on.
Seen through(std::string_view fault, std::string answer, std::size_t size) {
    Distortion distortion(*parse_behaviour(fault));
    Seen seen{.passed = {}, .next = distortion.take({}).next};
    std::span<char> left(answer);
    while (!left.empty() && seen.next == Next::go_on) {
        auto piece = left.first(std::min(size, left.size()));
        left = left.subspan(piece.size());
        while (!piece.empty() && seen.next == Next::go_on) {
            const auto step = distortion.take(piece);
            seen.passed.append(piece.data(), step.pass);
            seen.next = step.next;
            piece = piece.subspan(step.pass);
        }
    }
    return seen;
}

TEST(Distortion, begins_after_the_given_bytes_however_they_come) {
    for (std::size_t size = 1; size <= 11; ++size) {
        for (const auto& [fault, next] : {std::pair{"hang-after 4", Next::hold},
                                          {"reset 4", Next::reset},
                                          {"half-close 4", Next::half_close},
                                          {"truncate 4", Next::close},
                                          {"flood after=4", Next::flood}}) {
            const auto seen = through(fault, "0123456789", size);
            EXPECT_EQ(seen.passed, "0123") << fault << ' ' << size;
            EXPECT_EQ(seen.next, next) << fault << ' ' << size;
        }
        EXPECT_EQ(through("garble 4", "0123456789", size).passed, "0123a`cbml") << size;
    }
}

TEST(Distortion, begins_at_once_where_nothing_is_to_pass) {
    EXPECT_EQ(through("reset", "0123", 4).next, Next::reset);
    EXPECT_EQ(through("hang", "0123", 4).next, Next::hold);
    EXPECT_EQ(through("flood", "0123", 4).next, Next::flood);
    EXPECT_EQ(through("reset", "0123", 4).passed, "");
    EXPECT_EQ(through("reset", "", 4).next, Next::go_on) << "instead of an answer";
}

TEST(Distortion, leaves_a_shorter_answer_alone) {
    const auto seen = through("truncate 100", "0123456789", 3);
    EXPECT_EQ(seen.passed, "0123456789");
    EXPECT_EQ(seen.next, Next::go_on);
}

TEST(Distortion, passes_what_is_not_harmed_here) {
    for (const auto* fault : {"none", "wrong-name", "expired", "untrusted", "delay", "drip"}) {
        EXPECT_EQ(through(fault, "0123456789", 3).passed, "0123456789") << fault;
    }
}

TEST(Distortion, drips_at_the_given_rate) {
    for (const std::uint64_t rate : {1u, 7u, 20u, 1000u, 1'000'000u}) {
        Distortion distortion({.fault = Fault::drip, .rate = rate});
        std::string much(100'000, 'x');
        const auto step = distortion.take(much);
        const auto second =
            static_cast<double>(step.pass) * 1000 / static_cast<double>(step.wait.count());
        EXPECT_NEAR(second, static_cast<double>(rate), static_cast<double>(rate) * 0.01) << rate;
    }
    Distortion distortion({.fault = Fault::delay, .delay = 250ms});
    std::string piece = "0123";
    EXPECT_EQ(distortion.take(piece).wait, 250ms);
    EXPECT_EQ(distortion.take(piece).pass, 4u);
}

}  // namespace
}  // namespace vitals::drill
