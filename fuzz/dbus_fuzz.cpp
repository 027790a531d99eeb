// Messages of D-Bus, of arbitrary bytes: taken in one piece or byte by byte they must be the same,
// each must make the buffer shorter, and nothing may be kept waiting for beyond the limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "wire/dbus.hpp"

namespace {

using namespace vitals::wire::dbus;

void require(bool condition) {
    if (!condition) std::abort();
}

// How many messages the buffer holds; the last one is none where it is not.
std::vector<std::size_t> take_all(std::string& buffer) {
    std::vector<std::size_t> found;
    for (;;) {
        const std::size_t before = buffer.size();
        const auto message = take_message(buffer);
        if (!message) {
            found.push_back(0);
            return found;
        }
        if (!*message) {
            require(buffer.size() == before && before <= longest_message);
            return found;
        }
        require(buffer.size() < before);
        found.push_back(1 + (*message)->body.size());
        for (const Value& value : (*message)->body) (void)value.at("ActiveState");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string whole(reinterpret_cast<const char*>(data), size);
    std::string buffer = whole;
    const auto at_once = take_all(buffer);
    buffer.clear();
    std::vector<std::size_t> piecemeal;
    for (const char byte : whole) {
        buffer += byte;
        for (const std::size_t each : take_all(buffer)) piecemeal.push_back(each);
        if (!piecemeal.empty() && piecemeal.back() == 0) break;
    }
    require(piecemeal == at_once);
    Client client(1000);
    client.receive(whole);
    for (auto event = client.next(); event && *event; event = client.next()) {
    }
    return 0;
}
