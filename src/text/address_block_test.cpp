#include "text/address_block.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace vitals::text {
namespace {

bool in(std::string_view block, const std::string& address) {
    const auto parsed = AddressBlock::parse(block);
    EXPECT_TRUE(parsed) << block;
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1)
        return parsed && parsed->contains(std::span(bytes).first(4));
    EXPECT_EQ(::inet_pton(AF_INET6, address.c_str(), bytes.data()), 1) << address;
    return parsed && parsed->contains(bytes);
}

TEST(AddressBlock, has_the_addresses_that_begin_like_it) {
    EXPECT_TRUE(in("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(in("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(in("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(in("192.0.2.7", "192.0.2.6"));
    EXPECT_TRUE(in("192.0.2.128/25", "192.0.2.200"));
    EXPECT_FALSE(in("192.0.2.128/25", "192.0.2.100"));
    EXPECT_TRUE(in("2001:db8::/32", "2001:db8:1::1"));
    EXPECT_FALSE(in("2001:db8::/32", "2001:db9::"));
    EXPECT_TRUE(in("::1", "::1"));
}

// An IPv6 socket shows an IPv4 peer in this form.
TEST(AddressBlock, takes_an_ipv4_address_within_ipv6_for_the_ipv4_address) {
    EXPECT_TRUE(in("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_FALSE(in("10.0.0.0/8", "::ffff:11.1.2.3"));
    EXPECT_TRUE(in("::ffff:10.0.0.0/104", "10.1.2.3"));
}

TEST(AddressBlock, keeps_the_families_apart) {
    EXPECT_TRUE(in("0.0.0.0/0", "203.0.113.9"));
    EXPECT_FALSE(in("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(in("::/0", "2001:db8::1"));
}

TEST(AddressBlock, says_what_is_wrong) {
    for (const char* text : {"", "10.0.0.0/33", "10.0.0/8", "::/129", "proxy", "10.0.0.0/", "/8",
                             "10.0.0.0/8x", "10.0.0.0/-1", "[::1]", "10.0.0.0/ 8"}) {
        const auto parsed = AddressBlock::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_NE(parsed.error().find("neither an IP address nor a block"), std::string::npos);
    }
    EXPECT_EQ(AddressBlock::parse("10.0.0.1/8").error(),
              "'10.0.0.1/8' has bits of the address beyond its length");
    EXPECT_FALSE(AddressBlock::parse("10.0.0.0/8")->contains({}));
}

}  // namespace
}  // namespace vitals::text
