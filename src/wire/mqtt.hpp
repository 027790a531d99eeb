// The client's side of MQTT 3.1.1 (level 4) and 5.0: packets, the content of those that a probe
// reads, and those that it sends. https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire::mqtt {

enum class Level : std::uint8_t { v3_1_1 = 4, v5 = 5 };

enum class Type : std::uint8_t {
    connect = 1,
    connack,
    publish,
    puback,
    pubrec,
    pubrel,
    pubcomp,
    subscribe,
    suback,
    unsubscribe,
    unsuback,
    pingreq,
    pingresp,
    disconnect,
    auth,
};

struct Packet {
    Type type = Type::connect;
    std::uint8_t flags = 0;  // the lower half of the first byte
    std::string body;
};

// The greatest size of one packet in bytes; a probe's own message has a few dozen.
inline constexpr std::size_t longest_packet = 64 * 1024;

// Takes the first packet from `buffer`, which holds the received bytes. Nothing while the packet is
// incomplete. An error as soon as it can no longer become a packet, or is too long.
std::expected<std::optional<Packet>, std::string> take_packet(std::string& buffer);

// The answer of a server; a code of 0x80 and above is a refusal, and for CONNACK at level 4 any
// code but 0. Nothing when the packet is cut short.
struct Answer {
    std::uint16_t id = 0;  // of PUBACK and SUBACK
    std::uint8_t code = 0;
};
std::optional<Answer> read_connack(const Packet& packet);
std::optional<Answer> read_puback(const Packet& packet);
std::optional<Answer> read_suback(const Packet& packet, Level level);
std::optional<Answer> read_disconnect(const Packet& packet);  // of the server, level 5 only

struct Message {
    std::string topic;
    std::string payload;
    std::uint8_t quality = 0;
    bool retained = false;
    std::uint16_t id = 0;  // to be acknowledged with, where quality is 1
};
std::optional<Message> read_publish(const Packet& packet, Level level);

struct Login {
    Level level = Level::v3_1_1;
    std::uint16_t keep_alive = 60;  // seconds
    std::string client;
    std::string user;                     // empty: no log-in
    std::optional<std::string> password;  // only with a user
};
std::string connect(const Login& login);  // a clean session that ends with the connection
std::string subscribe(std::uint16_t id, std::string_view topic, Level level);
std::string publish(std::uint16_t id, std::string_view topic, std::string_view payload,
                    Level level);
std::string acknowledge(std::uint16_t id);
inline constexpr std::string_view ping{"\xc0\x00", 2};
inline constexpr std::string_view disconnect{"\xe0\x00", 2};

}  // namespace vitals::wire::mqtt
