#include "wire/mongodb.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::mongodb {
namespace {

using namespace std::string_literals;

std::string answer(const std::string& flags, const std::string& section,
                   const std::string& behind = "") {
    const std::string rest = "\x09\0\0\0\x07\0\0\0\xdd\x07\0\0"s + flags + section + behind;
    return static_cast<char>(rest.size() + 4) + "\0\0\0"s + rest;
}

const std::string no_flags(4, '\0');
const std::string ok = "\0"s + bson::Writer().add("ok", 1).document();

TEST(MongoDb, messages_are_taken_once_complete_wherever_they_are_split) {
    const std::string whole = answer(no_flags, ok);
    for (std::size_t split = 0; split < whole.size(); ++split) {
        std::string buffer = whole.substr(0, split);
        const auto early = take_message(buffer);
        ASSERT_TRUE(early && !*early) << split;
        buffer += whole.substr(split) + "next";
        const auto taken = take_message(buffer);
        ASSERT_TRUE(taken && *taken) << split;
        EXPECT_EQ((*taken)->answers, 7);
        EXPECT_TRUE((*taken)->document.is_true("ok"));
        EXPECT_EQ(buffer, "next");
    }
    std::string checked = answer("\x01\0\0\0"s, ok, "CRC!");
    EXPECT_TRUE(*take_message(checked));
    std::string later = answer("\0\0\x01\0"s, ok);
    EXPECT_TRUE(*take_message(later)) << "flags that may be unknown";
}

std::string fault_of(std::string bytes) {
    const auto taken = take_message(bytes);
    return taken ? "none" : taken.error();
}

TEST(MongoDb, what_is_no_message_is_refused_at_once) {
    EXPECT_EQ(fault_of("HTTP/1.1"), "not a message of MongoDB");
    EXPECT_EQ(fault_of("\x10\0\0\0"s), "not a message of MongoDB");
    EXPECT_EQ(fault_of("\xff\xff\xff\x7f"), "not a message of MongoDB");
    EXPECT_EQ(fault_of("\x30\0\0\0"
                       "12345678"
                       "\x01\0\0\0"s),
              "not a message of MongoDB");
    EXPECT_EQ(fault_of(answer("\x10\0\0\0"s, ok)), "not a message of MongoDB");
    EXPECT_EQ(fault_of(answer(no_flags, "\x01"s + ok)), "not a message of MongoDB");
    EXPECT_EQ(fault_of(answer(no_flags, ok + "x")), "not BSON");
}

TEST(MongoDb, commands_are_as_a_server_reads_them) {
    EXPECT_EQ(command(5, bson::Writer().add("ping", 1)),
              "\x24\0\0\0\x05\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0"
              "\x0f\0\0\0\x10ping\0\x01\0\0\0\0"s);
}

}  // namespace
}  // namespace vitals::wire::mongodb
