// What the fuzz targets share: where an input arrives, how a broken promise ends, and the
// comparison of bytes that are received at once with the same bytes received one by one.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::fuzz {

// Each target defines it. libFuzzer calls it (entry.cpp) with bytes of its own choice.
void run(std::string_view bytes);

// Ends the program where a promise is broken; libFuzzer then keeps the input.
inline void require(bool promise) {
    if (!promise) std::abort();
}

// What `take` takes from the front of the buffer until nothing whole is left, each as the text that
// `shown` makes of it. `?` at the end when what follows is none. Each must make the buffer shorter,
// and no more than `longest` bytes may be kept waiting.
template <auto take, auto shown>
std::vector<std::string> take_all(std::string& buffer, std::size_t longest) {
    std::vector<std::string> all;
    for (;;) {
        const std::size_t before = buffer.size();
        const auto taken = take(buffer);
        if (!taken) {
            all.emplace_back("?");
            return all;
        }
        if (!*taken) {
            require(buffer.size() == before && before <= longest);
            return all;
        }
        require(buffer.size() < before);
        all.push_back(shown(**taken));
    }
}

// The same comes of the bytes at once and of the bytes one by one. A fault may show before what
// holds it is complete, never later.
template <auto take, auto shown>
void compare_pieces(std::string_view bytes, std::size_t longest) {
    std::string buffer(bytes);
    const auto at_once = take_all<take, shown>(buffer, longest);
    buffer.clear();
    std::vector<std::string> piecemeal;
    for (const char byte : bytes) {
        buffer += byte;
        for (std::string& text : take_all<take, shown>(buffer, longest))
            piecemeal.push_back(std::move(text));
        if (!piecemeal.empty() && piecemeal.back() == "?") break;
    }
    require(piecemeal == at_once);
}

// Each event of a client as the text that `shown` makes of it; `!` and the failure at the end.
// True: over.
template <auto shown, class Client>
bool take_events(Client& client, std::vector<std::string>& told) {
    for (;;) {
        const auto event = client.next();
        if (!event) {
            told.push_back("! " + event.error().detail);
            return true;
        }
        if (!*event) return false;
        told.push_back(shown(client, **event));
    }
}

// Likewise for a client that keeps its bytes itself; `made` makes a new one.
template <auto shown, class Made>
void compare_events(std::string_view bytes, const Made& made) {
    std::vector<std::string> at_once;
    auto all = made();
    all.receive(bytes);
    take_events<shown>(all, at_once);
    std::vector<std::string> piecemeal;
    auto slow = made();
    bool over = take_events<shown>(slow, piecemeal);
    for (std::size_t i = 0; i < bytes.size() && !over; ++i) {
        slow.receive(bytes.substr(i, 1));
        over = take_events<shown>(slow, piecemeal);
    }
    require(piecemeal == at_once);
}

}  // namespace vitals::fuzz
