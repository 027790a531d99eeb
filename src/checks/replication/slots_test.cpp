#include "slots.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::replication {
namespace {

TEST(Slots, one_without_a_position_keeps_nothing) {
    Slots slots;
    slots.judged.push_back({.name = "made", .physical = true});
    EXPECT_EQ(slots.idle(), std::nullopt);
    slots.judged.push_back({.name = "left", .physical = true, .kept = 3 << 20});
    EXPECT_EQ(
        slots.idle(),
        "replication slot left is not in use: 3 MiB of log is kept for a standby that is gone");
}

TEST(Slots, one_in_use_is_well) {
    Slots slots;
    slots.judged.push_back({.name = "used", .physical = true, .active = true, .kept = 1 << 20});
    EXPECT_EQ(slots.idle(), std::nullopt);
    EXPECT_EQ(slots.lost(), std::nullopt);
}

}  // namespace
}  // namespace vitals::checks::replication
