// Messages of D-Bus, of arbitrary bytes: taken in one piece or byte by byte they must be the same,
// each must make the buffer shorter, and nothing may be kept waiting for beyond the limit.
#include "target.hpp"
#include "wire/dbus.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::dbus;

std::string shown(const Message& message) {
    for (const auto& value : message.body) (void)value.at("ActiveState");
    return std::to_string(message.body.size());
}

}  // namespace

void run(std::string_view bytes) {
    compare_pieces<take_message, shown>(bytes, longest_message);
    Client client(1000);
    client.receive(bytes);
    for (auto event = client.next(); event && *event; event = client.next()) {
    }
}

}  // namespace vitals::fuzz
