#include "wire/memcached.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::memcached {
namespace {

// Transcripts of memcached 1.6.18.
TEST(Memcached, replies_are_taken_once_complete_wherever_they_are_split) {
    struct Case {
        std::string whole, line;
        std::optional<std::string> value;
    };
    const Case transcripts[] = {
        {"VERSION 1.6.18\r\n", "VERSION 1.6.18", std::nullopt},
        {"STORED\r\n", "STORED", std::nullopt},
        {"VALUE k 0 2\r\nhi\r\nEND\r\n", "END", "hi"},
        {"VALUE k 0 0\r\n\r\nEND\r\n", "END", ""},
        {"VALUE k 0 4\r\n\r\n\r\n\r\nEND\r\n", "END", "\r\n\r\n"},
        {"END\r\n", "END", std::nullopt},
        {"NOT_FOUND\r\n", "NOT_FOUND", std::nullopt},
        {"CLIENT_ERROR unauthenticated\r\n", "CLIENT_ERROR unauthenticated", std::nullopt},
        {"ERROR Too many open connections\r\n", "ERROR Too many open connections", std::nullopt},
        {"SERVER_ERROR out of memory storing object\r\n",
         "SERVER_ERROR out of memory storing object", std::nullopt},
    };
    for (const Case& each : transcripts) {
        for (std::size_t split = 0; split < each.whole.size(); ++split) {
            std::string buffer = each.whole.substr(0, split);
            auto early = take_reply(buffer);
            ASSERT_TRUE(early.has_value()) << each.whole << split;
            ASSERT_FALSE(early->has_value()) << each.whole << split;
            ASSERT_EQ(buffer, each.whole.substr(0, split));
            buffer += each.whole.substr(split) + "OK";
            const auto reply = take_reply(buffer);
            ASSERT_TRUE(reply.has_value() && reply->has_value()) << each.whole << split;
            EXPECT_EQ((*reply)->line, each.line);
            EXPECT_EQ((*reply)->value, each.value);
            EXPECT_EQ(buffer, "OK");
        }
    }
}

TEST(Memcached, what_is_none_is_refused_as_soon_as_it_shows) {
    for (const char* garbage :
         {"-ERR unknown", "\r\n", "\x16\x03\x01", "END\n", "VALUE k 0\r\n", "VALUE k 0 x\r\n",
          "VALUE k 0 2\r\nhix", "VALUE k 0 2\r\nhi\rx", "VALUE k 0 2\r\nhi\r\nEND.\r\n",
          "VALUE k 0 -1\r\n", "220 mail", "A\tB"}) {
        std::string buffer = garbage;
        const auto reply = take_reply(buffer);
        ASSERT_FALSE(reply.has_value()) << garbage;
        EXPECT_EQ(reply.error(), "not a memcached answer") << garbage;
    }
}

TEST(Memcached, knows_the_end_of_a_list) {
    std::string endless(longest_line, 'X');
    EXPECT_EQ(take_reply(endless).error(), "an answer that is too long");
    std::string large = "VALUE k 0 100000000\r\n";
    EXPECT_EQ(take_reply(large).error(), "an answer that is too long");
    large = "VALUE k 0 99999999999999999999999\r\n";
    EXPECT_EQ(take_reply(large).error(), "an answer that is too long");
}

TEST(Memcached, set_carries_its_data) {
    EXPECT_EQ(set_command("k", "hi", 30), "set k 0 30 2\r\nhi\r\n");
}

}  // namespace
}  // namespace vitals::wire::memcached
