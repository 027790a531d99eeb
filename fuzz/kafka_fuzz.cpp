// A Kafka broker that sends arbitrary bytes: answers must be the same in one piece and byte by
// byte, nothing may be waited for beyond the limit, and no answer may be read beyond its end.
#include "target.hpp"
#include "wire/kafka.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::kafka;

std::string shown(const Answer& answer) {
    return std::to_string(answer.number) + ' ' + answer.body;
}

}  // namespace

void run(std::string_view bytes) {
    (void)read_versions(bytes);
    (void)read_handshake(bytes);
    (void)read_authenticate(bytes);
    (void)read_coordinator(bytes);
    (void)read_group(bytes);
    (void)read_offsets(bytes);
    (void)read_metadata(1, bytes);
    (void)read_metadata(4, bytes);
    (void)read_list_offsets(1, bytes);
    (void)read_list_offsets(2, bytes);
    compare_pieces<take_answer, shown>(bytes, 4 + longest_answer);
}

}  // namespace vitals::fuzz
