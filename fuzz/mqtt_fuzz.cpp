// An MQTT broker that sends arbitrary bytes: packets must be the same in one piece and byte by
// byte, and their content is parsed or refused.
#include "target.hpp"
#include "wire/mqtt.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::mqtt;

std::string shown(const Packet& packet) {
    require(packet.body.size() <= longest_packet);
    (void)read_connack(packet);
    (void)read_puback(packet);
    (void)read_disconnect(packet);
    for (const Level level : {Level::v3_1_1, Level::v5}) {
        (void)read_suback(packet, level);
        if (const auto message = read_publish(packet, level))
            require(message->topic.size() + message->payload.size() <= packet.body.size());
    }
    return std::to_string(static_cast<int>(packet.type)) + packet.body;
}

}  // namespace

void run(std::string_view bytes) {
    compare_pieces<take_packet, shown>(bytes, longest_packet + 5);
}

}  // namespace vitals::fuzz
