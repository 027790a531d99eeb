#include "wire/smtp.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::smtp {
namespace {

TEST(SmtpReply, is_taken_once_complete_wherever_it_is_split) {
    const std::string whole =
        "250-mail.example.org greets\r\n250-SIZE 1000\r\n250-starttls\r\n250 HELP\r\n";
    for (std::size_t split = 0; split < whole.size(); ++split) {
        std::string buffer = whole.substr(0, split);
        auto early = take_reply(buffer);
        ASSERT_TRUE(early.has_value()) << split;
        ASSERT_FALSE(early->has_value()) << split;
        ASSERT_EQ(buffer, whole.substr(0, split));
        buffer += whole.substr(split) + "221 bye";
        const auto reply = take_reply(buffer);
        ASSERT_TRUE(reply.has_value() && reply->has_value()) << split;
        EXPECT_EQ((*reply)->code, 250);
        EXPECT_EQ((*reply)->lines, (std::vector<std::string>{"mail.example.org greets", "SIZE 1000",
                                                             "starttls", "HELP"}));
        EXPECT_EQ(buffer, "221 bye");
        EXPECT_TRUE((*reply)->offers("STARTTLS"));
        EXPECT_TRUE((*reply)->offers("SIZE"));
        EXPECT_FALSE((*reply)->offers("greets"));
        EXPECT_FALSE((*reply)->offers("PIPELINING"));
    }
}

TEST(SmtpReply, can_have_a_code_alone) {
    std::string buffer = "220\r\n";
    EXPECT_EQ(take_reply(buffer).value()->lines, std::vector<std::string>{""});
    buffer = "220 \n";
    EXPECT_EQ(take_reply(buffer).value()->code, 220);
}

TEST(SmtpReply, is_refused_as_soon_as_it_cannot_be_one) {
    for (const char* garbage : {"H", "HTTP/1.1 400 Bad Request\r\n", "2x", "120 x\r\n", "620 x\r\n",
                                "2200", "22\r\n", "\r\n", "220-a\r\nx", "\x16\x03\x01"}) {
        std::string buffer = garbage;
        const auto reply = take_reply(buffer);
        ASSERT_FALSE(reply.has_value()) << garbage;
        EXPECT_EQ(reply.error(), "not an SMTP reply") << garbage;
    }
    std::string buffer = "250-a\r\n251 b\r\n";
    EXPECT_EQ(take_reply(buffer).error(), "an SMTP reply with two codes");
}

TEST(SmtpReply, ends_at_its_last_line) {
    std::string endless = "220 " + std::string(longest_reply, 'x');
    EXPECT_EQ(take_reply(endless).error(), "an SMTP reply that does not end");
    endless.clear();
    while (endless.size() <= longest_reply) endless += "250-and so on\r\n";
    EXPECT_EQ(take_reply(endless).error(), "an SMTP reply that does not end");
}

}  // namespace
}  // namespace vitals::wire::smtp
