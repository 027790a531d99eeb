// A MySQL server that sends arbitrary bytes: packets must be the same in one piece and byte by
// byte, and their content is parsed or refused.
#include "target.hpp"
#include "wire/mysql.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::mysql;

std::string shown(const Packet& packet) {
    require(!packet.payload.empty() && packet.payload.size() <= longest_packet);
    if (const auto greeting = read_greeting(packet.payload))
        require(greeting->salt.size() == salt_size);
    (void)read_error(packet.payload);
    (void)read_auth_switch(packet.payload);
    return std::to_string(packet.sequence) + packet.payload;
}

void answers(std::string buffer) {
    Result result;
    for (;;) {
        const auto packet = take_packet(buffer);
        if (!packet || !*packet) return;
        const auto over = result.take((*packet)->payload);
        if (!over) return;
        for (const Result::Row& row : result.rows()) require(row.size() == result.columns().size());
        if (*over) result = Result();
    }
}

}  // namespace

void run(std::string_view bytes) {
    answers(std::string(bytes));
    compare_pieces<take_packet, shown>(bytes, longest_packet + 4);
}

}  // namespace vitals::fuzz
