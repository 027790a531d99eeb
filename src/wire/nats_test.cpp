#include "wire/nats.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::nats {
namespace {

std::string shown(const Event& event) {
    return std::to_string(static_cast<int>(event.what)) + '|' + event.subject + '|' +
           std::to_string(event.id) + '|' + std::to_string(event.status) + '|' + event.text;
}

// Of nats-server 2.9.10.
TEST(Nats, events_are_taken_once_complete_wherever_they_are_split) {
    const std::pair<std::string, std::string> transcripts[] = {
        {"INFO {\"max_payload\":1048576} \r\n", "0||0|0|{\"max_payload\":1048576} "},
        {"MSG _INBOX.a 1 5\r\nhello\r\n", "1|_INBOX.a|1|0|hello"},
        {"MSG _INBOX.a 1 reply.b 2\r\n\r\n\r\n", "1|_INBOX.a|1|0|\r\n"},
        {"MSG _INBOX.a 9 0\r\n\r\n", "1|_INBOX.a|9|0|"},
        {"HMSG _INBOX.a 2 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", "1|_INBOX.a|2|503|"},
        {"HMSG _INBOX.a 2 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", "1|_INBOX.a|2|0|hi"},
        {"PING\r\n", "2||0|0|"},
        {"PONG\r\n", "3||0|0|"},
        {"+OK\r\n", "4||0|0|"},
        {"-ERR 'Authorization Violation'\r\n", "5||0|0|'Authorization Violation'"},
    };
    for (const auto& [whole, meaning] : transcripts) {
        for (std::size_t split = 0; split < whole.size(); ++split) {
            std::string buffer = whole.substr(0, split);
            const auto early = take_event(buffer);
            ASSERT_TRUE(early && !*early) << meaning << split;
            buffer += whole.substr(split) + "PING";
            const auto taken = take_event(buffer);
            ASSERT_TRUE(taken && *taken) << meaning << split;
            EXPECT_EQ(shown(**taken), meaning);
            EXPECT_EQ(buffer, "PING");
        }
    }
}

std::string fault_of(std::string bytes) {
    const auto taken = take_event(bytes);
    return taken ? "none" : taken.error();
}

TEST(Nats, what_is_no_word_is_refused_at_once) {
    EXPECT_EQ(fault_of("H"), "none");
    EXPECT_EQ(fault_of("HTTP/1.1 400"), "not a word of NATS");
    EXPECT_EQ(fault_of("SSH-2.0"), "not a word of NATS");
    EXPECT_EQ(fault_of("MSG a 1\r\n"), "not a message of NATS");
    EXPECT_EQ(fault_of("MSG a b 1\r\n"), "not a message of NATS");
    EXPECT_EQ(fault_of("MSG a 1 -5\r\n"), "not a message of NATS");
    EXPECT_EQ(fault_of("HMSG a 1 9 5\r\n"), "not a message of NATS");
    EXPECT_EQ(fault_of("MSG a 1 1\r\nxyz"), "not a message of NATS");
    EXPECT_EQ(fault_of("MSG a 1 104857600\r\n"), "a message that is too long");
    EXPECT_EQ(fault_of("INFO " + std::string(longest_line, 'x')), "a line that does not end");
}

TEST(Nats, requests_are_as_a_server_reads_them) {
    EXPECT_EQ(connect({"app", "p\"w", "", true}),
              "CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":true,"
              "\"headers\":true,\"no_responders\":true,\"name\":\"vitals\",\"lang\":\"C++\","
              "\"version\":\"1\",\"protocol\":1,\"user\":\"app\",\"pass\":\"p\\\"w\"}\r\n");
    EXPECT_TRUE(connect({"", "", "t", false}).contains("\"auth_token\":\"t\"}"));
    EXPECT_EQ(subscribe("a.b", 7), "SUB a.b 7\r\n");
    EXPECT_EQ(unsubscribe(7), "UNSUB 7\r\n");
    EXPECT_EQ(publish("a", "", "hi"), "PUB a 2\r\nhi\r\n");
    EXPECT_EQ(publish("a", "r", ""), "PUB a r 0\r\n\r\n");
}

}  // namespace
}  // namespace vitals::wire::nats
