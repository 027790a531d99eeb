#include "model/space.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

constexpr std::uint64_t below(std::uint64_t count) {
    return ~count + 1;
}

TEST(Space, converts_blocks_to_bytes) {
    EXPECT_EQ(bytes_of(3, 10, 4096), 12'288u);
    EXPECT_EQ(bytes_of(0, 10, 4096), 0u);
    EXPECT_EQ(bytes_of(12, 10, 4096), 49'152u);  // more than there is, and no overflow
}

TEST(Space, counts_less_than_nothing_as_nothing) {
    EXPECT_EQ(bytes_of(below(5), 1000, 4096), 0u);
    EXPECT_EQ(bytes_of(below(1), 1000, 1), 0u);
    // 1 GiB below zero as NFS sends it: bytes, shifted to blocks of 1 MiB without their sign.
    EXPECT_EQ(bytes_of(below(1ull << 30) >> 20, 1'000'000, 1 << 20), 0u);
}

TEST(Space, does_not_overflow_for_an_endless_store) {
    EXPECT_EQ(bytes_of(~0ull, ~0ull, 4096), (1ull << 63) - 1);
    EXPECT_EQ(bytes_of(1ull << 60, 1ull << 60, 4096), (1ull << 63) - 1);
}

}  // namespace
}  // namespace vitals
