// SMTP replies on arbitrary bytes: they must be the same in one piece and byte by byte, each must
// shorten the buffer, and nothing may be waited for beyond the limit.
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
