// A websocket server that says arbitrary bytes after a good handshake: received in one piece or
// byte by byte the events must be the same, and nothing may be larger than the limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "wire/websocket.hpp"

namespace {

using namespace vitals::wire::websocket;

constexpr std::string_view accepted =
    "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n";

Client made(bool greeted) {
    Client client({.target = "/", .host = "h"}, [] { return std::uint32_t{7}; });
    if (greeted) client.receive(accepted);
    return client;
}

// Each event as a text; `!` and the failure at the end. True: over.
bool take_all(Client& client, std::vector<std::string>& told) {
    for (;;) {
        const auto event = client.next();
        if (!event) {
            told.push_back("! " + event.error().detail);
            return true;
        }
        if (!*event) return false;
        if ((*event)->data.size() > largest_message) std::abort();
        told.push_back(std::to_string(static_cast<int>((*event)->what)) + (*event)->data);
    }
}

void compare(std::string_view whole, bool greeted) {
    std::vector<std::string> at_once;
    Client all = made(greeted);
    all.receive(whole);
    take_all(all, at_once);
    std::vector<std::string> piecemeal;
    Client slow = made(greeted);
    bool over = take_all(slow, piecemeal);
    for (std::size_t i = 0; i < whole.size() && !over; ++i) {
        slow.receive(whole.substr(i, 1));
        over = take_all(slow, piecemeal);
    }
    if (piecemeal != at_once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view whole(reinterpret_cast<const char*>(data), size);
    compare(whole, true);
    if (size < 4096) compare(whole, false);
    return 0;
}
