#include "model/happenings.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

std::vector<std::uint64_t> ids(const Happenings::Page& page) {
    std::vector<std::uint64_t> all;
    for (const auto& each : page.entries) all.push_back(each->id);
    return all;
}

TEST(Happenings, returns_what_follows_an_id) {
    Happenings happenings(10);
    EXPECT_EQ(happenings.last(), 9u);
    for (int i = 0; i < 3; ++i) happenings.add({});
    EXPECT_EQ(happenings.last(), 12u);
    EXPECT_EQ(ids(happenings.after(9, 10)), (std::vector<std::uint64_t>{10, 11, 12}));
    EXPECT_EQ(ids(happenings.after(10, 1)), (std::vector<std::uint64_t>{11}));
    EXPECT_TRUE(ids(happenings.after(12, 10)).empty());
    EXPECT_FALSE(happenings.after(12, 10).lost);
}

TEST(Happenings, says_that_some_are_lost) {
    Happenings happenings(1, 2);
    for (int i = 0; i < 4; ++i) happenings.add({});
    EXPECT_EQ(ids(happenings.after(1, 10)), (std::vector<std::uint64_t>{3, 4}));
    EXPECT_TRUE(happenings.after(1, 10).lost);
    EXPECT_FALSE(happenings.after(2, 10).lost);
}

// It was given by a process whose ids this one does not know.
TEST(Happenings, says_that_an_id_never_existed) {
    Happenings happenings(1);
    happenings.add({});
    EXPECT_TRUE(happenings.after(7, 10).lost);
    EXPECT_EQ(ids(happenings.after(7, 10)), (std::vector<std::uint64_t>{1}));
}

TEST(Happenings, continues_behind_an_earlier_process) {
    Happenings happenings;
    happenings.continue_at(100);
    EXPECT_EQ(happenings.add({})->id, 100u);
}

}  // namespace
}  // namespace vitals
