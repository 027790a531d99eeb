#include "wire/ldap.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::ldap {
namespace {

using namespace std::string_literals;

// Of slapd 2.5.13: invalid credentials.
const std::string refused = "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\0\x04\0"s;

TEST(Ldap, messages_are_taken_once_complete_wherever_they_are_split) {
    for (std::size_t split = 0; split < refused.size(); ++split) {
        std::string buffer = refused.substr(0, split);
        const auto early = take_message(buffer);
        ASSERT_TRUE(early && !*early) << split;
        buffer += refused.substr(split) + "\x30";
        const auto taken = take_message(buffer);
        ASSERT_TRUE(taken && *taken) << split;
        EXPECT_EQ((*taken)->id, 1);
        EXPECT_EQ((*taken)->operation, Operation::bound);
        EXPECT_EQ(read_result(**taken)->code, 49);
        EXPECT_EQ(buffer, "\x30");
    }
}

TEST(Ldap, lengths_may_be_written_long) {
    std::string longer =
        "\x30\x84\0\0\0\x12\x02\x01\x02\x65\x84\0\0\0\x09\x0a\x01\x20\x04\0\x04\x02no"s;
    const auto taken = take_message(longer);
    ASSERT_TRUE(taken && *taken);
    EXPECT_EQ(read_result(**taken)->code, 32);
    EXPECT_EQ(read_result(**taken)->text, "no");
}

std::string fault_of(std::string bytes) {
    const auto taken = take_message(bytes);
    return taken ? "none" : taken.error();
}

TEST(Ldap, what_is_no_message_is_refused_at_once) {
    EXPECT_EQ(fault_of("HTTP/1.1 400"), "not a message of LDAP");
    EXPECT_EQ(fault_of("\x30\x80"), "not a message of LDAP");
    EXPECT_EQ(fault_of("\x30\x85"), "not a message of LDAP");
    EXPECT_EQ(fault_of("\x30\0"s), "not a message of LDAP");
    EXPECT_EQ(fault_of("\x30\x84\x7f\xff\xff\xff"), "a message that is too long");
    EXPECT_EQ(fault_of("\x30\x05\x02\x01\x01\x61\x07"), "not a message of LDAP");
    EXPECT_EQ(fault_of("\x30\x05\x02\x01\x01\x60\0"s), "not a message of LDAP") << "a request";
    EXPECT_EQ(fault_of("\x30\x05\x02\x01\xff\x61\0"s), "not a message of LDAP");
    Message cut{1, Operation::bound, "\x0a\x01"};
    EXPECT_FALSE(read_result(cut));
}

TEST(Ldap, values_of_an_attribute_are_read) {
    const auto entry = [](const std::string& attributes) {
        return Message{1, Operation::entry,
                       "\x04\x04"
                       "dc=x\x30" +
                           std::string(1, static_cast<char>(attributes.size())) + attributes};
    };
    const std::string other = "\x30\x07\x04\x01o\x31\x02\x04\x00"s;
    const std::string two =
        "\x30\x0d\x04\x03\x63sn\x31\x06\x04\x01"
        "a\x04\x01"
        "b";
    EXPECT_EQ(read_values(entry(other + two), "CSN"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(read_values(entry(other), "csn"), std::vector<std::string>());
    EXPECT_EQ(read_values(entry(""), "csn"), std::vector<std::string>());
    const std::string whole = entry(two).body;
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(read_values({1, Operation::entry, whole.substr(0, size)}, "csn")) << size;
}

TEST(Ldap, requests_are_as_a_server_reads_them) {
    EXPECT_EQ(bind(1, "cn=a", "pw"),
              "\x30\x12\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04"
              "cn=a\x80\x02pw");
    EXPECT_EQ(look_up(2, "dc=x", 5),
              "\x30\x2e\x02\x01\x02\x63\x29\x04\x04"
              "dc=x\x0a\x01\0\x0a\x01\0\x02\x01\x02\x02\x01\x05"
              "\x01\x01\0\x87\x0b"
              "objectClass\x30\x05\x04\x03"
              "1.1"s);
    EXPECT_EQ(start_tls(1),
              "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
              "1.3.6.1.4.1.1466.20037");
    EXPECT_EQ(unbind(3), "\x30\x05\x02\x01\x03\x42\0"s);
    EXPECT_EQ(bind(200, "", "").substr(0, 6), "\x30\x0d\x02\x02\0\xc8"s);
    EXPECT_EQ(bind(1, std::string(300, 'x'), "").substr(0, 5), "\x30\x83\0\x01\x3e"s);
}

}  // namespace
}  // namespace vitals::wire::ldap
