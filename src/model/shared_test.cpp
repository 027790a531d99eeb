#include "model/shared.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vitals {
namespace {

TEST(Shared, copies_are_one_value_until_one_is_changed) {
    Shared<std::string> one(std::string("a"));
    Shared<std::string> other = one;
    const auto given_away = one.pointer();
    EXPECT_EQ(other.pointer(), given_away);
    one.edit() += "b";
    EXPECT_EQ(*one, "ab");
    EXPECT_EQ(*other, "a");
    EXPECT_EQ(*given_away, "a");
}

TEST(Shared, the_only_owner_changes_it_in_place) {
    Shared<std::string> one(std::string("a"));
    const std::string* const before = one.operator->();
    one.edit() += "b";
    EXPECT_EQ(one.operator->(), before);
}

}  // namespace
}  // namespace vitals
