#include "wire/icmp.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::icmp {
namespace {

using namespace std::string_literals;

TEST(Icmp, requests_are_as_the_kernel_takes_them) {
    EXPECT_EQ(write_request(Version::four, {0x0102, "abc"}),
              "\x08\0\0\0\0\0\x01\x02"
              "abc"s);
    EXPECT_EQ(write_request(Version::six, {7, ""}), "\x80\0\0\0\0\0\0\x07"s);
}

TEST(Icmp, replies_are_told_from_everything_else) {
    const std::string reply =
        "\0\0\xab\xcd\x11\x22\x01\x02"
        "abc"s;
    EXPECT_EQ(read_reply(Version::four, reply), (Echo{0x0102, "abc"}));
    EXPECT_EQ(read_reply(Version::six, reply), std::nullopt);
    EXPECT_EQ(read_reply(Version::six, "\x81\0\0\0\0\0\0\x07"s), (Echo{7, ""}));
    for (const std::string& other : {""s, "\0"s, reply.substr(0, 7), "\x08"s + reply.substr(1),
                                     "\0\x01"s + reply.substr(2), "\x03"s + reply.substr(1)})
        EXPECT_EQ(read_reply(Version::four, other), std::nullopt);
}

}  // namespace
}  // namespace vitals::wire::icmp
