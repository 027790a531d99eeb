#include "push.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::push {
namespace {

TEST(Push, is_never_run_and_holds_for_a_minute) {
    EXPECT_EQ(kind.bind, nullptr);
    EXPECT_TRUE(kind.schemes.empty());
    const AnyOptions made = kind.description.make();
    ASSERT_EQ(kind.description.fields.size(), 1u);
    const Field& ttl = kind.description.fields[0];
    EXPECT_EQ(ttl.name, "ttl");
    EXPECT_EQ(format_value(ttl, ttl.peek(made.ref())), "1m");
}

}  // namespace
}  // namespace vitals::checks::push
