#include "wire/pop3.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::pop3 {
namespace {

TEST(Pop3, lines_are_taken_one_by_one) {
    std::string buffer = "+OK ready\r\nUSER\nrest";
    EXPECT_EQ(take_line(buffer).value(), "+OK ready");
    EXPECT_EQ(take_line(buffer).value(), "USER");
    EXPECT_EQ(take_line(buffer).value(), std::nullopt);
    std::string endless(5000, 'x');
    EXPECT_FALSE(take_line(endless).has_value());
}

TEST(Pop3, replies_are_good_or_not) {
    const auto good = read_reply("+OK Dovecot ready.");
    ASSERT_TRUE(good);
    EXPECT_TRUE(good->good);
    EXPECT_EQ(good->text, "Dovecot ready.");
    const auto bad = read_reply("-ERR [AUTH] Authentication failed.");
    ASSERT_TRUE(bad);
    EXPECT_FALSE(bad->good);
    EXPECT_EQ(bad->code, "AUTH");
    EXPECT_EQ(bad->text, "Authentication failed.");
    EXPECT_TRUE(read_reply("+OK")->good);
    for (const char* other : {"", "+OKAY", "* OK ready", "220 mail", "-ERROR", "SSH-2.0-x"})
        EXPECT_FALSE(read_reply(other).has_value()) << other;
}

}  // namespace
}  // namespace vitals::wire::pop3
