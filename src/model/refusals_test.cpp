#include "model/refusals.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

TEST(Refusals, keep_the_words_of_a_single_server) {
    Refusals refusals;
    EXPECT_TRUE(refusals.empty());
    refusals.add("h1", CheckError(ErrorClass::connect, "connection refused", "h1:1"), "connect");
    const CheckError made = refusals.summary("no session at any of");
    EXPECT_EQ(made.detail, "connection refused");
    EXPECT_EQ(made.error, "h1:1");
    EXPECT_EQ(made.phase, "connect");
}

TEST(Refusals, show_the_first_of_several_and_all_in_the_private_text) {
    Refusals refusals;
    refusals.add("h1", CheckError(ErrorClass::connect, "connection refused", "h1:1"), "connect");
    refusals.add("h2", CheckError(ErrorClass::auth, "wrong password", {}, "auth"), "query");
    const CheckError made = refusals.summary("no session at any of");
    EXPECT_EQ(made.error_class, ErrorClass::connect);
    EXPECT_EQ(made.detail, "no session at any of 2 servers; the first: connection refused");
    EXPECT_EQ(made.error, "h1: connection refused (h1:1); h2: wrong password");
    EXPECT_EQ(made.phase, "connect");
}

}  // namespace
}  // namespace vitals
