// An AMQP broker that says arbitrary bytes: received in one piece or byte by byte the events must
// be the same, nothing may be kept waiting for beyond the limits, and what is read of a table must
// be read again from what is written of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "wire/amqp_client.hpp"

namespace {

using namespace vitals::wire::amqp;

void require(bool condition) {
    if (!condition) std::abort();
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
        const Event& what = **event;
        require(what.body.size() <= largest_body);
        told.push_back(std::to_string(static_cast<int>(what.what)) + what.text + what.queue +
                       what.body);
        if (what.what == Event::What::opened) client.open_channel();
        if (told.size() > 1000) return true;
    }
}

void tables(std::string_view bytes) {
    Reader reader(bytes);
    const Table table = reader.table();
    if (!reader.good()) return;
    Writer writer;
    const std::string once = writer.table(table).take();
    Reader again(once);
    const Table same = again.table();
    require(again.good() && same.size() == table.size());
    Writer twice;
    require(twice.table(same).take() == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view whole(reinterpret_cast<const char*>(data), size);
    tables(whole);
    std::vector<std::string> at_once;
    Client all({"user", "secret", "/"});
    all.receive(whole);
    take_all(all, at_once);
    std::vector<std::string> piecemeal;
    Client slow({"user", "secret", "/"});
    for (const char byte : whole) {
        slow.receive(std::string_view(&byte, 1));
        if (take_all(slow, piecemeal)) break;
    }
    require(piecemeal == at_once);
    return 0;
}
