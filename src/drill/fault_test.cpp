#include "drill/fault.hpp"

#include <gtest/gtest.h>

namespace vitals::drill {
namespace {

using namespace std::chrono_literals;

Behaviour parsed(std::string_view text) {
    const auto behaviour = parse_behaviour(text);
    if (!behaviour) {
        ADD_FAILURE() << text << ": " << behaviour.error();
        return {};
    }
    return *behaviour;
}

std::string complaint(std::string_view text) {
    const auto behaviour = parse_behaviour(text);
    return behaviour ? "understood" : behaviour.error();
}

TEST(Fault, is_read_by_its_name) {
    for (const auto& word : fault_words()) {
        EXPECT_EQ(parsed(word.name).fault, word.fault);
        EXPECT_EQ(name_of(word.fault), word.name);
        EXPECT_FALSE(word.sentence.empty());
    }
}

TEST(Fault, takes_the_value_that_it_has_use_for) {
    EXPECT_EQ(parsed("hang-after 100").after, 100u);
    EXPECT_EQ(parsed("  truncate\t7 ").after, 7u);
    EXPECT_EQ(parsed("drip 20").rate, 20u);
    EXPECT_EQ(parsed("flood 1MiB").size, 1u << 20);
    EXPECT_EQ(parsed("flood 0").size, 0u);
    EXPECT_EQ(parsed("flood").size, 100u << 20);
    EXPECT_EQ(parsed("delay 250ms").delay, 250ms);
    EXPECT_EQ(parsed("another-protocol http").protocol, "http");
    EXPECT_EQ(parsed("garble after=3").after, 3u);
}

TEST(Fault, takes_a_text_with_everything_behind_it) {
    const auto flood = parsed("flood 0 after=5 text=HTTP/1.1 200 OK\\r\\n\\x41\\\\");
    EXPECT_EQ(flood.after, 5u);
    EXPECT_EQ(flood.text, "HTTP/1.1 200 OK\r\nA\\");
    EXPECT_EQ(greeting(parsed("another-protocol text=hello there\\n")), "hello there\n");
}

TEST(Fault, is_written_as_it_is_read) {
    for (const auto* text :
         {"none", "hang", "reset after=12", "drip rate=7", "delay delay=20ms",
          "another-protocol protocol=http", "flood after=5 size=0 text=a b\\r\\n\\x00\\\\"}) {
        EXPECT_EQ(to_text(parsed(text)), text);
    }
    EXPECT_EQ(to_text(parsed("hang-after 100")), "hang-after after=100");
}

TEST(Fault, says_what_it_does_not_understand) {
    EXPECT_TRUE(complaint("hung").starts_with("no fault 'hung'; there are none, refuse, hang"));
    EXPECT_TRUE(complaint("").starts_with("no fault ''"));
    EXPECT_EQ(complaint("hang 5"), "unexpected '5' behind hang");
    EXPECT_EQ(complaint("reset 5 6"), "unexpected '6' behind reset");
    EXPECT_EQ(complaint("reset x"), "after: 'x' is no number of bytes");
    EXPECT_EQ(complaint("reset -1"), "after: '-1' is no number of bytes");
    EXPECT_EQ(complaint("drip 0"), "rate: at least 1 byte a second; else use hang");
    EXPECT_EQ(complaint("delay 5"), "delay: '5' is no duration, such as 250ms");
    EXPECT_EQ(complaint("reset fast=1"),
              "no 'fast'; there are after, rate, delay, size, protocol and text");
    EXPECT_EQ(complaint("another-protocol ftp"),
              "no protocol 'ftp'; there are ssh, http, smtp, redis");
    EXPECT_EQ(complaint("flood text=\\q"),
              "in text, a backslash is followed by r, n, t, \\ or xNN");
    EXPECT_EQ(complaint("flood text=\\x4"), complaint("flood text=\\"));
}

}  // namespace
}  // namespace vitals::drill
