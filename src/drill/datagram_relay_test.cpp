#include "drill/datagram_relay.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vitals::drill {
namespace {

using namespace std::chrono_literals;

Delivery of(std::string_view fault, std::string_view datagram, std::uint64_t passed = 0) {
    return deliver(*parse_behaviour(fault), datagram, passed);
}

TEST(Datagrams, arrive_as_the_fault_says) {
    EXPECT_EQ(of("none", "abcdef").datagram, "abcdef");
    EXPECT_EQ(of("hang", "abcdef").datagram, std::nullopt);
    EXPECT_EQ(of("truncate 2", "abcdef").datagram, "ab");
    EXPECT_EQ(of("truncate 9", "abcdef").datagram, "abcdef");
    EXPECT_EQ(of("truncate", "abcdef").datagram, "");
    EXPECT_EQ(of("garble 5", "abcdef").datagram, "abcde3");
    EXPECT_EQ(of("garble 9", "abcdef").datagram, "abcdef");
    EXPECT_EQ(of("another-protocol redis", "abcdef").datagram, "-ERR unknown command\r\n");
}

TEST(Datagrams, pass_until_the_given_number_of_bytes) {
    EXPECT_EQ(of("hang-after 12", "abcdef", 6).datagram, "abcdef");
    EXPECT_EQ(of("hang-after 12", "abcdef", 7).datagram, std::nullopt);
}

TEST(Datagrams, are_delayed) {
    EXPECT_EQ(of("drip", "abcdef").later, 6s);
    EXPECT_EQ(of("drip 4", "abcdef").later, 1500ms);
    EXPECT_EQ(of("delay 30ms", "abcdef").later, 30ms);
    EXPECT_EQ(of("none", "abcdef").later, 0ms);
}

TEST(Datagrams, have_the_greatest_size_in_a_flood) {
    const auto small = of("flood 3 after=2 text=!", "abcdef");
    EXPECT_EQ(small.datagram, "ab!xx");
    EXPECT_EQ(small.flood, 0U);
    const auto large = of("flood 1MiB after=2", "abcdef");
    EXPECT_EQ(large.datagram->size(), 65'507U);
    EXPECT_EQ(large.datagram->substr(0, 4), "abxx");
    EXPECT_EQ(large.flood, (1U << 20U) - 65'505U);
    EXPECT_EQ(of("flood 0", "abcdef").flood, 0U) << "what has no end could not be stopped";
}

}  // namespace
}  // namespace vitals::drill
