#include "wire/pattern.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace vitals::wire {
namespace {

bool found(std::string_view pattern, std::string_view text) {
    return Pattern::parse(pattern).value().found_in(text);
}

TEST(Pattern, plain_text_is_looked_for_as_it_stands) {
    EXPECT_TRUE(found("healthy", "is healthy"));
    EXPECT_FALSE(found("healthy", "is ill"));
    EXPECT_TRUE(found("a.c", "xa.cx"));
    EXPECT_FALSE(found("a.c", "abc"));
    EXPECT_TRUE(found("", "anything"));
    EXPECT_TRUE(found("/", "a/b"));
    EXPECT_TRUE(found("//", "a//b"));
    EXPECT_TRUE(found("/api", "see /api/"));
    EXPECT_TRUE(found(std::string_view("a\0b", 3), std::string_view("xa\0bx", 5)));
}

TEST(Pattern, between_slashes_is_an_expression) {
    EXPECT_TRUE(found("/a.c/", "xabcx"));
    EXPECT_TRUE(found("/^2\\.[0-9]+$/", "2.17"));
    EXPECT_FALSE(found("/^2\\.[0-9]+$/", "12.17"));
    EXPECT_TRUE(found("/(?i)OK/", "all ok"));
    EXPECT_TRUE(found("/^\\/x\\/$/", "/x/"));
}

TEST(Pattern, says_what_is_wrong_with_an_expression) {
    EXPECT_EQ(pattern_problem("/a(b/"), "is not a regular expression of RE2: missing ): a(b");
    EXPECT_EQ(pattern_problem("/(a)\\1/"),
              "is not a regular expression of RE2: invalid escape sequence: \\1");
    EXPECT_EQ(pattern_problem("a(b"), "");
}

// The classic explosive expression: exponential for a backtracker, linear here.
TEST(Pattern, takes_linear_time) {
    const std::string text(200'000, 'a');
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(found("/^(a+)+$/", text + "!"));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace vitals::wire
