// A NATS server that sends arbitrary bytes: they must be the same in one piece and byte by byte,
// each must shorten the buffer, and nothing may be waited for beyond the limit.
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
    // And a credentials file, in any state.
    if (const auto credentials = read_credentials(bytes)) require(credentials->seed.size() == 32);
    compare_pieces<take_event, shown>(bytes, longest_line + longest_message + 4);
}

}  // namespace vitals::fuzz
