// Answers of memcached, of arbitrary bytes: they must be the same in one piece and byte by byte,
// each must shorten the buffer, and nothing may be waited for beyond the limit.
#include "target.hpp"
#include "wire/memcached.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::memcached;

std::string shown(const Reply& reply) {
    return reply.line + " " + reply.value.value_or("none");
}

}  // namespace

void run(std::string_view bytes) {
    compare_pieces<take_reply, shown>(bytes, 2 * longest_line + longest_data);
}

}  // namespace vitals::fuzz
