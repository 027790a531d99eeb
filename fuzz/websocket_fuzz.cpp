// A websocket server that sends arbitrary bytes after a good handshake: the events must be the same
// in one piece and byte by byte, and nothing may exceed the limit.
#include <cstdint>

#include "target.hpp"
#include "wire/websocket.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::websocket;

constexpr std::string_view accepted =
    "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n";

Client fresh() {
    return {{.target = "/", .host = "h"}, [] { return std::uint32_t{7}; }};
}

std::string shown(Client&, const Event& event) {
    require(event.data.size() <= largest_message);
    return std::to_string(static_cast<int>(event.what)) + event.data;
}

}  // namespace

void run(std::string_view bytes) {
    compare_events<shown>(bytes, [] {
        Client greeted = fresh();
        greeted.receive(accepted);
        return greeted;
    });
    if (bytes.size() < 4096) compare_events<shown>(bytes, fresh);
}

}  // namespace vitals::fuzz
