// An AMQP broker that sends arbitrary bytes: the events must be the same in one piece and byte by
// byte, nothing may be waited for beyond the limits, and a parsed table must be parsed again from
// its written form.
#include "target.hpp"
#include "wire/amqp_client.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::amqp;

std::string shown(Client& client, const Event& event) {
    require(event.body.size() <= largest_body);
    if (event.what == Event::What::opened) client.open_channel();
    return std::to_string(static_cast<int>(event.what)) + event.text + event.queue + event.body;
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

void run(std::string_view bytes) {
    tables(bytes);
    compare_events<shown>(bytes, [] { return Client({"user", "secret", "/"}); });
}

}  // namespace vitals::fuzz
