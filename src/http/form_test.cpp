#include "http/form.hpp"

#include <gtest/gtest.h>

namespace vitals::http {
namespace {

TEST(Cookies, are_found_by_their_name) {
    EXPECT_EQ(cookie_of("vitals=abc", "vitals"), "abc");
    EXPECT_EQ(cookie_of("a=1; vitals=x=y==; b=2", "vitals"), "x=y==");
    EXPECT_EQ(cookie_of(" a=1;\tvitals = \"quoted\" ", "vitals"), "quoted");
    EXPECT_EQ(cookie_of("vitals=first; vitals=second", "vitals"), "first");
    EXPECT_EQ(cookie_of("vitals=", "vitals"), "");
    EXPECT_EQ(cookie_of("vitals", "vitals"), "");
}

TEST(Cookies, of_other_names_are_none) {
    for (std::string_view field : {"", ";", ";;=;", "Vitals=a", "xvitals=a", "vitalsx=a", "=vitals",
                                   "a=vitals=b", "a=\"; vitals", "__Host-vitals=a"})
        EXPECT_EQ(cookie_of(field, "vitals").value_or("none"),
                  field == "a=\"; vitals" ? "" : "none")
            << field;
}

TEST(Forms, are_names_and_values) {
    const auto form = form_of("a=1&b=+x%21&&c&=d&a=2");
    ASSERT_TRUE(form);
    EXPECT_EQ(*form, (Pairs{{"a", "1"}, {"b", " x!"}, {"c", ""}, {"", "d"}, {"a", "2"}}));
    EXPECT_EQ(*value_of(*form, "a"), "2");
    EXPECT_EQ(value_of(*form, "none"), nullptr);
    EXPECT_EQ(*form_of("x=100%"), (Pairs{{"x", "100%"}}));
    EXPECT_TRUE(form_of("")->empty());
}

TEST(Forms, of_strangers_are_bounded) {
    EXPECT_FALSE(form_of("a=%00"));
    EXPECT_FALSE(form_of("%00=a"));
    EXPECT_FALSE(form_of(std::string_view("a=\0b", 4)));
    EXPECT_TRUE(form_of("a&b&c", 3));
    EXPECT_FALSE(form_of("a&b&c&d", 3));
}

}  // namespace
}  // namespace vitals::http
