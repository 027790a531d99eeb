// Messages of D-Bus, of arbitrary bytes: they must be the same in one piece and byte by byte, each
// must shorten the buffer, and nothing may be waited for beyond the limit.
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
