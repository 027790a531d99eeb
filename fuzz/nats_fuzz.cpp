// A NATS server that says arbitrary bytes: taken in one piece or byte by byte they must be the
// same, each must make the buffer shorter, and nothing may be kept waiting for beyond the limit.
#include "target.hpp"
#include "wire/nats.hpp"
#include "wire/nats_key.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::nats;

std::string shown(const Event& event) {
    require(event.text.size() <= longest_message);
    return std::to_string(static_cast<int>(event.what)) + event.subject + ' ' +
           std::to_string(event.id) + ' ' + std::to_string(event.status) + ' ' + event.text;
}

}  // namespace

void run(std::string_view bytes) {
    // And a file of credentials, as whoever wrote it left it.
    if (const auto credentials = read_credentials(bytes)) require(credentials->seed.size() == 32);
    compare_pieces<take_event, shown>(bytes, longest_line + longest_message + 4);
}

}  // namespace vitals::fuzz
