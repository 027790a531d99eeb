#include "wire/ntp.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::ntp {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

const System now = System(std::chrono::seconds(1'796'050'000));
const std::string cookie = "ABCDEFGH";

// What a server with stratum 3 says; received half a second after `now`, sent three quarters after.
std::string said(const System at = now) {
    std::string bytes(48, '\0');
    bytes[0] = 0x24;
    bytes[1] = 3;
    const auto put = [&](std::size_t where, std::uint32_t word) {
        for (std::size_t i = 0; i < 4; ++i)
            bytes[where + i] = static_cast<char>(word >> (24 - 8 * i) & 0xff);
    };
    put(4, 0x8000);   // half a second
    put(8, 0x10000);  // a second
    bytes.replace(12, 4, "\x7f\x7f\x01\x01");
    bytes.replace(24, 8, cookie);
    const auto seconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count() +
        2'208'988'800);
    put(32, seconds);
    put(36, 0x80000000);
    put(40, seconds);
    put(44, 0xc0000000);
    return bytes;
}

TEST(Ntp, asks_without_telling_its_own_time) {
    const std::string asked = question(cookie);
    EXPECT_EQ(asked.size(), 48U);
    EXPECT_EQ(asked, "\x23"s + std::string(39, '\0') + cookie);
}

TEST(Ntp, reads_an_answer) {
    const auto answer = read_answer(said(), cookie, now + 1h);
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->leap, 0);
    EXPECT_EQ(answer->stratum, 3);
    EXPECT_EQ(answer->root_delay, 500ms);
    EXPECT_EQ(answer->root_dispersion, 1s);
    EXPECT_EQ(answer->received, now + 500ms);
    EXPECT_EQ(answer->sent, now + 750ms);
}

TEST(Ntp, takes_the_nearest_era) {
    const System late = System(std::chrono::seconds(2'200'000'000));  // in 2039
    const auto answer = read_answer(said(late), cookie, late);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->received, late + 500ms);
}

TEST(Ntp, refuses_what_does_not_answer) {
    const auto but = [](std::size_t at, char byte) {
        std::string bytes = said();
        bytes[at] = byte;
        return read_answer(bytes, cookie, now);
    };
    EXPECT_FALSE(read_answer("", cookie, now));
    EXPECT_FALSE(read_answer(said().substr(0, 47), cookie, now));
    EXPECT_FALSE(but(0, '\x23')) << "a client's";
    EXPECT_FALSE(but(0, '\x14')) << "version 2";
    EXPECT_FALSE(but(24, 'X')) << "another's";
    EXPECT_TRUE(read_answer(said() + "more", cookie, now)) << "an authenticator may follow";
}

}  // namespace
}  // namespace vitals::wire::ntp
