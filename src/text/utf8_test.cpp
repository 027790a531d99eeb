#include "text/utf8.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

TEST(Utf8, reads_characters_of_one_to_four_bytes) {
    for (const std::string_view each : {"a", "\u00e9", "\u20ac", "\U0001f493"}) {
        const Character first = first_character(std::string(each) + "z");
        EXPECT_TRUE(first.valid) << each;
        EXPECT_EQ(first.bytes.size(), each.size()) << each;
        std::string again;
        append_utf8(again, first.code);
        EXPECT_EQ(again, each);
    }
}

TEST(Utf8, replaces_the_longest_part_that_is_none) {
    struct Case {
        std::string_view text;
        std::size_t taken;
    };
    constexpr Case cases[] = {{"\x80", 1},
                              {"\xc0\xaf", 1},
                              {"\xe0\x80\xaf", 1},
                              {"\xed\xa0\x80", 1},
                              {"\xf4\x90\x80\x80", 1},
                              {"\xf0\x9f\x92", 3},
                              {"\xe2\x82", 2},
                              {"\xff", 1}};
    for (const auto& [text, taken] : cases) {
        const Character first = first_character(text);
        EXPECT_FALSE(first.valid);
        EXPECT_EQ(first.code, replacement);
        EXPECT_EQ(first.bytes.size(), taken);
        EXPECT_FALSE(is_utf8(text));
    }
    EXPECT_TRUE(is_utf8("\uFFFD is written, too"));
}

TEST(Utf8, writes_no_surrogate_and_nothing_past_the_end) {
    std::string out;
    append_utf8(out, 0xD800);
    append_utf8(out, 0x110000);
    EXPECT_EQ(out, "\uFFFD\uFFFD");
}

TEST(Utf8, is_cut_between_characters) {
    EXPECT_EQ(cut_utf8("abc", 3), "abc");
    EXPECT_EQ(cut_utf8("abc", 2), "ab");
    EXPECT_EQ(cut_utf8("a\u20acb", 3), "a");
    EXPECT_EQ(cut_utf8("a\u20acb", 4), "a\u20ac");
    EXPECT_EQ(cut_utf8("\x80\x80\x80\x80\x80\x80", 5).size(), 5u);
    EXPECT_EQ(cut_utf8("\u20ac", 0), "");
}

TEST(Utf8, knows_characters_that_show_nothing) {
    EXPECT_TRUE(is_invisible(0x200b));
    EXPECT_TRUE(is_invisible(0x202e));
    EXPECT_FALSE(is_invisible('a'));
    EXPECT_TRUE(is_control(0x7f));
    EXPECT_FALSE(is_control(0xa0));
}

}  // namespace
}  // namespace vitals::text
