#include "cli/screen_text.hpp"

#include <gtest/gtest.h>

namespace vitals::cli {
namespace {

using Lines = std::vector<std::string>;

TEST(Clean, makes_what_could_drive_a_terminal_visible) {
    EXPECT_EQ(clean("\x1b]0;owned\x07 and \x1b[2J"), "?]0;owned? and ?[2J");
    EXPECT_EQ(clean("a\x7f"
                    "b"),
              "a?b");
    EXPECT_EQ(clean("C1: \xc2\x9b"
                    "31m"),
              "C1: ?31m");
    EXPECT_EQ(clean(std::string_view("nul\0here", 8)), "nul?here");
}

TEST(Clean, keeps_a_line_a_line) {
    EXPECT_EQ(clean("first\r\nsecond\tthird\n"), "first second third");
    EXPECT_EQ(clean("\n\n"), "");
}

TEST(Clean, replaces_what_is_not_utf8) {
    EXPECT_EQ(clean("\xff\xfe"), "??");
    EXPECT_EQ(clean("cut \xe2\x82"), "cut ?");
    EXPECT_EQ(clean("overlong \xc0\xaf"), "overlong ??");
    EXPECT_EQ(clean("surrogate \xed\xa0\x80"), "surrogate ???");
    EXPECT_EQ(clean("too far \xf4\x90\x80\x80"), "too far ????");
}

TEST(Clean, removes_marks_that_reorder_text) {
    EXPECT_EQ(clean("user\u202etxt.exe\u2066!"), "usertxt.exe!");
    EXPECT_EQ(clean("Grüße 東京 😀"), "Grüße 東京 😀");
}

TEST(Columns, counts_visible_columns) {
    EXPECT_EQ(columns(""), 0u);
    EXPECT_EQ(columns("Größe"), 5u);
    EXPECT_EQ(columns("東京"), 4u);
    EXPECT_EQ(columns("😀"), 2u);
    EXPECT_EQ(columns("e\u0301"), 1u);
    EXPECT_EQ(columns("\x1b[1;31mred\x1b[0m"), 3u);
}

TEST(Pad, fills_by_columns_not_by_bytes) {
    EXPECT_EQ(pad_right("東京", 6), "東京  ");
    EXPECT_EQ(pad_left("Größe", 7), "  Größe");
    EXPECT_EQ(pad_right("long", 2), "long");
}

TEST(Cut, marks_what_it_left_out) {
    EXPECT_EQ(cut("databases/default", 9, true), "database…");
    EXPECT_EQ(cut("databases/default", 9, false), "databa...");
    EXPECT_EQ(cut("東京都", 4, true), "東…");
    EXPECT_EQ(cut("fits", 4, true), "fits");
    EXPECT_EQ(cut("abcdef", 2, false), "..");
}

TEST(Wrap, breaks_at_spaces) {
    EXPECT_EQ(wrap("connection refused by peer", 12), (Lines{"connection", "refused by", "peer"}));
    EXPECT_EQ(wrap("short", 12), (Lines{"short"}));
    EXPECT_EQ(wrap("", 12), (Lines{""}));
    EXPECT_EQ(wrap("no limit at all", 0), (Lines{"no limit at all"}));
}

TEST(Wrap, breaks_a_word_that_is_longer_than_a_line) {
    EXPECT_EQ(wrap("see abcdefghij", 4), (Lines{"see", "abcd", "efgh", "ij"}));
    EXPECT_EQ(wrap("東京都", 4), (Lines{"東京", "都"}));
    EXPECT_EQ(wrap("東京", 1), (Lines{"東", "京"}));
}

}  // namespace
}  // namespace vitals::cli
