#include "wire/proxy_header.hpp"

#include <gtest/gtest.h>

namespace vitals::wire {
namespace {

using namespace std::string_literals;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string four = "\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x01\xdc\x04\x01\xbb"s;

std::string source_of(const std::string& bytes) {
    const auto parsed = parse_proxy_header(bytes);
    if (!parsed) return "! " + parsed.error();
    if (!*parsed) return "more";
    EXPECT_LE((*parsed)->size, bytes.size());
    return (*parsed)->source.value_or("the proxy");
}

std::size_t size_of(const std::string& bytes) {
    const auto parsed = parse_proxy_header(bytes);
    return parsed && *parsed ? (*parsed)->size : 0;
}

TEST(ProxyHeader, reads_version_1) {
    const std::string line = "PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n";
    EXPECT_EQ(source_of(line), "192.0.2.7");
    EXPECT_EQ(size_of(line + "GET / HTTP/1.1\r\n\r\n"), line.size());
    EXPECT_EQ(source_of("PROXY TCP6 2001:DB8:0::7 2001:db8::1 1 2\r\n"), "2001:db8::7");
    EXPECT_EQ(source_of("PROXY UNKNOWN\r\n"), "the proxy");
    EXPECT_EQ(source_of("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"), "the proxy");
}

TEST(ProxyHeader, reads_version_2) {
    EXPECT_EQ(source_of(signature + four), "192.0.2.7");
    EXPECT_EQ(size_of(signature + four + "GET"), 28u);
    EXPECT_EQ(source_of(signature + "\x21\x21\x00\x24"s + "\x20\x01\x0d\xb8"s +
                        std::string(11, '\0') + "\x07"s + std::string(20, '\0')),
              "2001:db8::7");
    EXPECT_EQ(source_of(signature + "\x20\x00\x00\x00"s), "the proxy") << "a check of its own";
    EXPECT_EQ(source_of(signature + "\x20\x11\x00\x03\x00\x00\x00"s), "the proxy");
    EXPECT_EQ(source_of(signature + "\x21\x00\x00\x00"s), "the proxy");
    EXPECT_EQ(source_of(signature + "\x21\x31\x00\xd8"s + std::string(216, 'x')), "unix");
    // What else it says (TLS, a unique id) follows the addresses.
    const std::string more = signature + "\x21\x11\x00\x0f"s + four.substr(4) + "\x05\x00\x00"s;
    EXPECT_EQ(source_of(more), "192.0.2.7");
    EXPECT_EQ(size_of(more), more.size());
}

TEST(ProxyHeader, waits_for_all_of_it) {
    for (const std::string& whole :
         {"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n"s, signature + four}) {
        for (std::size_t cut = 0; cut < whole.size(); ++cut)
            EXPECT_EQ(source_of(whole.substr(0, cut)), "more") << cut;
        EXPECT_EQ(source_of(whole), "192.0.2.7");
    }
}

TEST(ProxyHeader, refuses_any_other_bytes) {
    for (const std::string& bytes :
         {"GET / HTTP/1.1\r\n"s, "PROXI"s, "proxy TCP4"s, "\x16\x03\x01"s, "\r\n\r\nG"s, " PROXY"s})
        EXPECT_EQ(source_of(bytes), "! it does not begin as the PROXY protocol does") << bytes;
    for (const std::string& line :
         {"PROXY TCP4 192.0.2.7 192.0.2.1 56324\r\n"s, "PROXY TCP4 192.0.2.7\r\n"s,
          "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n"s, "PROXY TCP6 192.0.2.7 192.0.2.1 1 2\r\n"s,
          "PROXY TCP4 192.0.2.7  192.0.2.1 1 2\r\n"s, "PROXY TCP4 192.0.2.7 192.0.2.1 1 65536\r\n"s,
          "PROXY TCP4 192.0.2.7 192.0.2.1 1 2 3\r\n"s, "PROXY TCP4 127.1 192.0.2.1 1 2\r\n"s,
          "PROXY UDP4 192.0.2.7 192.0.2.1 1 2\r\n"s, "PROXY \r\n"s,
          "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n"s, "PROXY UNKNOWN\r\r\n"s, "PROXY UNKNOWN\rX"s,
          "PROXY UNKNOWN "s + std::string(100, 'x')})
        EXPECT_TRUE(source_of(line).starts_with("! the PROXY line")) << line;
    for (const std::string& rest :
         {"\x11\x11\x00\x0c"s, "\x22\x11\x00\x0c"s, "\x21\x41\x00\x0c"s, "\x21\x13\x00\x0c"s,
          "\x21\x11\x00\x0b"s, "\x21\x21\x00\x0c"s, "\x21\x11\xff\xff"s})
        EXPECT_TRUE(source_of(signature + rest).starts_with("! the PROXY header")) << rest;
}

}  // namespace
}  // namespace vitals::wire
