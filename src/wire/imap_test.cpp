#include "wire/imap.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::imap {
namespace {

Response taken(std::string bytes) {
    const auto response = take_response(bytes);
    EXPECT_TRUE(response && *response) << bytes;
    return response && *response ? **response : Response{};
}

TEST(Imap, greetings_and_ends_have_a_status_and_a_code) {
    const Response hello = taken("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready.\r\n");
    EXPECT_EQ(hello.tag, "*");
    EXPECT_EQ(hello.status, "OK");
    EXPECT_EQ(hello.text, "ready.");
    EXPECT_TRUE(hello.lists("starttls"));
    EXPECT_FALSE(hello.lists("START"));
    const Response no = taken("v2 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n");
    EXPECT_EQ(no.tag, "v2");
    EXPECT_EQ(no.code, "AUTHENTICATIONFAILED");
    EXPECT_EQ(taken("* bye\r\n").status, "BYE");
    EXPECT_TRUE(taken("* CAPABILITY IMAP4rev1 IDLE\r\n").lists("IDLE"));
    EXPECT_EQ(taken("+ go on\r\n").text, "go on");
}

TEST(Imap, literals_belong_to_their_response) {
    std::string buffer = "* STATUS {5}\r\nIN\nBO (MESSAGES 3)\r\nv1 OK done\r\n";
    const auto first = take_response(buffer);
    ASSERT_TRUE(first && *first);
    EXPECT_EQ(figure_of(**first, "MESSAGES"), 3U);
    EXPECT_EQ(buffer, "v1 OK done\r\n");
    std::string partial = "* STATUS {5}\r\nIN";
    EXPECT_EQ(take_response(partial).value(), std::nullopt);
}

TEST(Imap, figures_stand_in_a_status) {
    EXPECT_EQ(figure_of(taken("* STATUS INBOX (MESSAGES 12 RECENT 1)\r\n"), "messages"), 12U);
    for (const char* other : {"* STATUS INBOX (RECENT 1)\r\n", "* LIST () \"\" (MESSAGES 1)\r\n",
                              "* STATUS INBOX (MESSAGES x)\r\n", "* STATUS INBOX MESSAGES 1\r\n"})
        EXPECT_EQ(figure_of(taken(other), "MESSAGES"), std::nullopt) << other;
}

TEST(Imap, what_is_none_is_refused) {
    for (const std::string& wrong :
         {std::string("HTTP/1.1 400 Bad Request\r\n"), std::string("+OK POP3 ready\r\n"),
          std::string("v1 WHAT\r\n"), std::string("\r\n"), std::string("SSH-2.0-x"),
          std::string("* STATUS {99999999}\r\n"), "* " + std::string(70'000, 'x')}) {
        std::string buffer = wrong;
        EXPECT_FALSE(take_response(buffer).has_value()) << wrong.substr(0, 40);
    }
}

TEST(Imap, texts_are_quoted_where_they_may) {
    EXPECT_EQ(quoted("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(quoted("a\nb"), std::nullopt);
    EXPECT_EQ(quoted("ü"), std::nullopt);
}

}  // namespace
}  // namespace vitals::wire::imap
