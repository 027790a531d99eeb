#include "wire/mqtt.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::mqtt {
namespace {

using namespace std::string_literals;

Packet only(std::string bytes) {
    const auto taken = take_packet(bytes);
    return taken && *taken && bytes.empty() ? **taken : Packet{Type::auth, 0, "(none)"};
}

TEST(Mqtt, packets_are_taken_once_complete_wherever_they_are_split) {
    const std::string whole =
        "\x32\x09\0\x03"
        "a/b"
        "\0\x07"
        "hi"s;
    for (std::size_t split = 0; split < whole.size(); ++split) {
        std::string buffer = whole.substr(0, split);
        const auto early = take_packet(buffer);
        ASSERT_TRUE(early && !*early) << split;
        buffer += whole.substr(split) + "\xd0\0"s;
        const auto taken = take_packet(buffer);
        ASSERT_TRUE(taken && *taken) << split;
        EXPECT_EQ((*taken)->type, Type::publish);
        EXPECT_EQ(only(buffer).type, Type::pingresp);
    }
}

TEST(Mqtt, what_is_no_packet_is_refused_at_once) {
    std::string zero = "\0"s;
    EXPECT_EQ(take_packet(zero).error(), "not an MQTT packet");
    std::string huge = "\x30\xff\xff\xff\x7f";
    EXPECT_EQ(take_packet(huge).error(), "not MQTT, or a packet that is too long");
    std::string endless = "\x30\x80\x80\x80\x80\x01";
    EXPECT_EQ(take_packet(endless).error(), "not MQTT, or a packet that is too long");
    std::string http = "HTTP/1.1 400 Bad Request\r\n";
    EXPECT_FALSE(*take_packet(http));  // more could come: the deadline ends it
    std::string longest = "\x30\x80\x80\x04"s + std::string(longest_packet, '\0');
    EXPECT_TRUE(*take_packet(longest));
}

TEST(Mqtt, answers_are_read_at_both_levels) {
    EXPECT_EQ(read_connack(only("\x20\x02\0\x05"s))->code, 5);
    EXPECT_EQ(read_connack(only("\x20\x03\0\x87\0"s))->code, 0x87);
    EXPECT_FALSE(read_connack(only("\x20\x01\0"s)));
    EXPECT_EQ(read_puback(only("\x40\x02\x01\x02"))->id, 0x102);
    EXPECT_EQ(read_puback(only("\x40\x02\x01\x02"))->code, 0);
    EXPECT_EQ(read_puback(only("\x40\x03\0\x02\x87"s))->code, 0x87);
    EXPECT_FALSE(read_puback(only("\x40\x01\x01")));
    EXPECT_EQ(read_suback(only("\x90\x03\0\x01\x80"s), Level::v3_1_1)->code, 0x80);
    EXPECT_EQ(read_suback(only("\x90\x04\0\x01\0\x01"s), Level::v5)->code, 1);
    EXPECT_FALSE(read_suback(only("\x90\x04\0\x01\x09\x01"s), Level::v5));
    EXPECT_EQ(read_disconnect(only("\xe0\x01\x8b"))->code, 0x8b);
    EXPECT_FALSE(read_disconnect(only("\xe0\0"s)));
}

TEST(Mqtt, messages_are_read_at_both_levels) {
    const auto old = read_publish(only("\x33\x09\0\x03"
                                       "a/b"
                                       "\0\x07"
                                       "hi"s),
                                  Level::v3_1_1);
    ASSERT_TRUE(old);
    EXPECT_EQ(old->topic, "a/b");
    EXPECT_EQ(old->payload, "hi");
    EXPECT_EQ(old->id, 7);
    EXPECT_TRUE(old->retained);
    const auto plain = read_publish(only("\x30\x08\0\x03"
                                         "a/b"
                                         "\0"
                                         "hi"s),
                                    Level::v5);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->payload, "hi");
    EXPECT_EQ(plain->quality, 0);
    EXPECT_FALSE(read_publish(only("\x30\x02\0\x03"s), Level::v3_1_1));
    EXPECT_FALSE(read_publish(only("\x36\x07\0\x01"
                                   "a"
                                   "\0\x07"
                                   "hi"s),
                              Level::v3_1_1));
}

TEST(Mqtt, requests_are_as_a_broker_reads_them) {
    Login login{Level::v3_1_1, 10, "vitals-1", "app", "pw"};
    EXPECT_EQ(connect(login),
              "\x10\x1d\0\x04MQTT\x04\xc2\0\x0a\0\x08vitals-1\0\x03"
              "app\0\x02pw"s);
    login = {Level::v5, 10, "vitals-1", "", std::nullopt};
    EXPECT_EQ(connect(login), "\x10\x15\0\x04MQTT\x05\x02\0\x0a\0\0\x08vitals-1"s);
    EXPECT_EQ(subscribe(1, "a/b", Level::v3_1_1),
              "\x82\x08\0\x01\0\x03"
              "a/b\x01"s);
    EXPECT_EQ(subscribe(1, "a/b", Level::v5),
              "\x82\x09\0\x01\0\0\x03"
              "a/b\x01"s);
    EXPECT_EQ(publish(2, "a/b", "hi", Level::v3_1_1),
              "\x32\x09\0\x03"
              "a/b\0\x02hi"s);
    EXPECT_EQ(publish(2, "a/b", "hi", Level::v5),
              "\x32\x0a\0\x03"
              "a/b\0\x02\0hi"s);
    EXPECT_EQ(acknowledge(7), "\x40\x02\0\x07"s);
    const std::string long_one = publish(2, "a", std::string(200, 'x'), Level::v3_1_1);
    EXPECT_EQ(long_one.substr(0, 3), "\x32\xcd\x01");
}

}  // namespace
}  // namespace vitals::wire::mqtt
