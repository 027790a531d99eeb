#include "wire/ssh.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::ssh {
namespace {

using namespace std::string_literals;

TEST(SshBanner, is_taken_behind_other_lines) {
    std::string buffer = "welcome\r\nto the\nSSH-2.0-OpenSSH_9.2p1 Debian\r\nrest";
    EXPECT_EQ(take_banner(buffer).value(), "SSH-2.0-OpenSSH_9.2p1 Debian");
    EXPECT_EQ(buffer, "rest");
    std::string partial = "welcome\r\nSSH-2.0-Op";
    EXPECT_EQ(take_banner(partial).value(), std::nullopt);
    EXPECT_EQ(partial, "welcome\r\nSSH-2.0-Op") << "lines stay until the banner has come";
}

TEST(SshBanner, has_bounds) {
    std::string line(256, 'x');
    EXPECT_FALSE(take_banner(line).has_value());
    std::string lines;
    for (int i = 0; i < 9000; ++i) lines += "x\n";
    EXPECT_FALSE(take_banner(lines).has_value());
    std::string odd = "SSH-2.0-a\x01\n";
    EXPECT_FALSE(take_banner(odd).has_value());
}

TEST(SshPacket, is_written_as_it_is_read) {
    for (const std::string& payload : {"\x14"s, "abcdefgh"s, std::string(1000, 'x')}) {
        std::string bytes = write_packet(payload) + "more";
        EXPECT_EQ((bytes.size() - 4) % 8, 0U);
        EXPECT_EQ(take_packet(bytes).value(), payload);
        EXPECT_EQ(bytes, "more");
    }
    std::string part = write_packet("abc").substr(0, 10);
    EXPECT_EQ(take_packet(part).value(), std::nullopt);
}

TEST(SshPacket, has_bounds) {
    for (const std::string& wrong : {"\x00\x01\x00\x00\x04"s, "\0\0\0\x02\x04"s, "\0\0\0\x0c\x03"s,
                                     "\0\0\0\x0c\x0b"s, "HTTP/1.1"s}) {
        std::string buffer = wrong;
        EXPECT_FALSE(take_packet(buffer).has_value()) << wrong;
    }
}

TEST(SshNumbers, are_never_negative) {
    EXPECT_EQ(write_mpint("\x80"), "\0\0\0\x02\0\x80"s);
    EXPECT_EQ(write_mpint("\0\0\x7f"s), "\0\0\0\x01\x7f"s);
    EXPECT_EQ(write_mpint("\0"s), "\0\0\0\0"s);
}

TEST(SshOffer, is_read_as_it_is_written) {
    const std::string payload =
        write_offer(std::string(16, 'c'), {{"curve25519-sha256"}, {"ssh-ed25519", "rsa-sha2-512"}});
    const auto offer = read_offer(payload);
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->exchanges, std::vector<std::string>{"curve25519-sha256"});
    EXPECT_EQ(offer->host_keys, (std::vector<std::string>{"ssh-ed25519", "rsa-sha2-512"}));
    EXPECT_FALSE(read_offer(payload.substr(0, 20)));
    EXPECT_FALSE(read_offer("\x1f" + payload.substr(1)));
    EXPECT_FALSE(read_offer(""));
}

TEST(SshReply, has_three_parts) {
    const std::string parts = write_string("key") + write_string("e") + write_string("sig");
    const auto reply = read_exchange_reply("\x1f" + parts);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->host_key, "key");
    EXPECT_EQ(reply->signature, "sig");
    EXPECT_FALSE(read_exchange_reply("\x1f" + parts + write_string("more")));
    EXPECT_FALSE(read_exchange_reply("\x1f" + parts + "x"));
    EXPECT_FALSE(read_exchange_reply("\x1e" + parts));
    EXPECT_FALSE(strings_of("\xff\xff\xff\xff"));
}

}  // namespace
}  // namespace vitals::wire::ssh
