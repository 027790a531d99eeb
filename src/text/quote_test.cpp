#include "text/quote.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

TEST(Quoted, is_one_line_of_valid_utf8) {
    EXPECT_EQ(quoted("220 mail ready\r\n"), R"("220 mail ready\r\n")");
    EXPECT_EQ(quoted("a\"b\\c\td"), R"("a\"b\\c\td")");
    EXPECT_EQ(quoted(std::string_view("\0\x1b[31m\x7f", 7)), R"("\x00\x1b[31m\x7f")");
    EXPECT_EQ(quoted("größe €"), "\"größe €\"");
    EXPECT_EQ(quoted("\xef\xbb\xbf{}"), R"("\xef\xbb\xbf{}")");
    EXPECT_EQ(quoted("a\xe2\x80\x8b\xe2\x80\xae\xc2\x85z"),
              R"("a\xe2\x80\x8b\xe2\x80\xae\xc2\x85z")");
    EXPECT_EQ(quoted("\xe2\x80\xa6\xf0\x9f\x99\x82"), "\"\xe2\x80\xa6\xf0\x9f\x99\x82\"");
    EXPECT_EQ(quoted("\xff\xc3(\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80"),
              R"("\xff\xc3(\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80")");
    EXPECT_EQ(quoted("cut \xe2\x82"), R"("cut \xe2\x82")");
}

TEST(Quoted, is_cut_between_characters) {
    EXPECT_EQ(quoted("abcdef", 3), "\"abc\"...");
    EXPECT_EQ(quoted("abc", 3), "\"abc\"");
    EXPECT_EQ(quoted("ab€", 4), "\"ab\"...");
    EXPECT_EQ(quoted(""), "\"\"");
}

}  // namespace
}  // namespace vitals::text
