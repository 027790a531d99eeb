// SMTP replies on arbitrary bytes: taken in one piece or byte by byte they must be the same, each
// must make the buffer shorter, and nothing may be kept waiting for beyond the limit.
#include "target.hpp"
#include "wire/smtp.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::smtp;

std::string shown(const Reply& reply) {
    require(reply.code >= 200 && reply.code <= 599 && !reply.lines.empty());
    std::string text = std::to_string(reply.code);
    for (const std::string& line : reply.lines) text += '\n' + line;
    (void)reply.offers("STARTTLS");
    return text;
}

}  // namespace

void run(std::string_view bytes) {
    compare_pieces<take_reply, shown>(bytes, longest_reply);
}

}  // namespace vitals::fuzz
