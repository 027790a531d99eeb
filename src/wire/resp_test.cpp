#include "wire/resp.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::resp {
namespace {

using Type = Value::Type;

// Everything about a value, as one text.
std::string shown(const Value& value) {
    switch (value.type) {
        case Type::simple:
            return "+" + value.text;
        case Type::error:
            return "-" + value.text;
        case Type::integer:
            return ":" + std::to_string(value.integer);
        case Type::bulk:
            return "$" + value.text;
        case Type::nil:
            return "nil";
        case Type::array:
            break;
    }
    std::string text = "[";
    for (const Value& item : value.items) text += shown(item) + " ";
    return text + "]";
}

// Transcripts of Redis 7.0.15.
TEST(Resp, values_are_taken_once_complete_wherever_they_are_split) {
    const std::pair<std::string, std::string> transcripts[] = {
        {"+PONG\r\n", "+PONG"},
        {"+OK\r\n", "+OK"},
        {"$1\r\nv\r\n", "$v"},
        {"$0\r\n\r\n", "$"},
        {"$-1\r\n", "nil"},
        {"*-1\r\n", "nil"},
        {":1\r\n", ":1"},
        {":-42\r\n", ":-42"},
        {"-NOAUTH Authentication required.\r\n", "-NOAUTH Authentication required."},
        {"-MOVED 3999 127.0.0.1:6381\r\n", "-MOVED 3999 127.0.0.1:6381"},
        {"$13\r\nrole:master\r\n\r\n", "$role:master\r\n"},
        {"*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n", "[$127.0.0.1 $6379 ]"},
        {"*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$9\r\nconnected\r\n:14\r\n",
         "[$slave $127.0.0.1 :6379 $connected :14 ]"},
        {"*2\r\n*1\r\n:1\r\n*0\r\n", "[[:1 ] [] ]"},
    };
    for (const auto& [whole, meaning] : transcripts) {
        for (std::size_t split = 0; split < whole.size(); ++split) {
            std::string buffer = whole.substr(0, split);
            auto early = take_value(buffer);
            ASSERT_TRUE(early.has_value()) << meaning << split;
            ASSERT_FALSE(early->has_value()) << meaning << split;
            ASSERT_EQ(buffer, whole.substr(0, split));
            buffer += whole.substr(split) + "+next";
            const auto value = take_value(buffer);
            ASSERT_TRUE(value.has_value() && value->has_value()) << meaning << split;
            EXPECT_EQ(shown(**value), meaning);
            EXPECT_EQ(buffer, "+next");
        }
    }
}

TEST(Resp, what_is_none_is_refused_as_soon_as_it_shows) {
    for (const char* garbage :
         {"H", "HTTP/1.1 400 Bad Request\r\n", "\r\n", "\x16\x03\x01", "+a\nb\r\n", "+a\rb",
          "$x\r\n", "$-2\r\n", "$1\r\nab", "$1\r\na\rb", ":\r\n", ":1x\r\n", "*1x\r\n",
          "*2\r\n:1\r\nHTTP", "$\r\n", ":99999999999999999999\r\n"}) {
        std::string buffer = garbage;
        const auto value = take_value(buffer);
        ASSERT_FALSE(value.has_value()) << garbage;
        EXPECT_EQ(value.error(), "not a Redis answer") << garbage;
    }
}

TEST(Resp, ends_at_its_last_byte) {
    const auto problem = [](std::string buffer) {
        const auto value = take_value(buffer);
        return value.has_value() ? std::string("none") : value.error();
    };
    const std::string expected = "an answer that is too long";
    EXPECT_EQ(problem("$100000000\r\n"), expected);
    EXPECT_EQ(problem("*1025\r\n"), expected);
    EXPECT_EQ(problem("+" + std::string(longest_line, 'x')), expected);
    std::string deep;
    for (int i = 0; i < 9; ++i) deep += "*1\r\n";
    EXPECT_EQ(problem(deep), expected);
    // Items count all in all, not level by level.
    std::string wide = "*1000\r\n";
    for (int i = 0; i < 30; ++i)
        wide += "*50\r\n" + [] {
            std::string items;
            for (int j = 0; j < 50; ++j) items += ":1\r\n";
            return items;
        }();
    EXPECT_EQ(problem(wide), expected);
    std::string long_items = "*100\r\n";
    for (int i = 0; i < 20; ++i) long_items += "$4096\r\n" + std::string(4096, 'x') + "\r\n";
    EXPECT_EQ(problem(long_items), expected);
}

TEST(Resp, errors_have_a_code) {
    std::string buffer = "-READONLY You can't write against a read only replica.\r\n";
    EXPECT_EQ((*take_value(buffer))->error_code(), "READONLY");
    buffer = "-ERR\r\n";
    EXPECT_EQ((*take_value(buffer))->error_code(), "ERR");
    buffer = "+OK\r\n";
    EXPECT_EQ((*take_value(buffer))->error_code(), "");
}

TEST(Resp, commands_need_no_quoting) {
    const std::string words[] = {"SET", "a b", "x\r\ny"};
    EXPECT_EQ(command(words), "*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$4\r\nx\r\ny\r\n");
}

TEST(Resp, info_is_read_line_by_line) {
    const std::string info =
        "# Replication\r\nrole:slave\r\nmaster_link_status:up\r\nslave0:ip=127.0.0.1,port=6380,"
        "state=online,offset=14,lag=0\r\nempty:\r\n";
    EXPECT_EQ(info_field(info, "role"), "slave");
    EXPECT_EQ(info_field(info, "master_link_status"), "up");
    EXPECT_EQ(info_field(info, "empty"), "");
    EXPECT_EQ(info_field(info, "link_status"), std::nullopt);
    EXPECT_EQ(info_field(info, "rol"), std::nullopt);
    EXPECT_EQ(info_part(*info_field(info, "slave0"), "state"), "online");
    EXPECT_EQ(info_part(*info_field(info, "slave0"), "lag"), "0");
    EXPECT_EQ(info_part(*info_field(info, "slave0"), "ort"), std::nullopt);
}

}  // namespace
}  // namespace vitals::wire::resp
