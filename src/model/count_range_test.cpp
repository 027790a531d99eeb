#include "model/count_range.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

TEST(CountRange, reads_its_four_forms) {
    EXPECT_EQ(parse_count_range("1"), (CountRange{1, 1}));
    EXPECT_EQ(parse_count_range("0..3"), (CountRange{0, 3}));
    EXPECT_EQ(parse_count_range("<=3"), (CountRange{0, 3}));
    const auto open = parse_count_range(">=2");
    ASSERT_TRUE(open.has_value());
    EXPECT_FALSE(open->contains(1));
    EXPECT_TRUE(open->contains(2));
    EXPECT_TRUE(open->contains(1'000'000));
}

TEST(CountRange, refuses_any_other_text) {
    for (const char* text : {"", ">=", ">1", "3..1", "-1", "1..", "..3", "1...3", "1 ", "+1", "x",
                             "4294967296", ">=1..3"}) {
        EXPECT_FALSE(parse_count_range(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace vitals
