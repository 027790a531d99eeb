// What another vitals says of incidents, on arbitrary bytes: it is refused with a reason, or it is
// within the bounds and is written and parsed again as the same.
#include "endpoints/peer_exchange.hpp"
#include "target.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    using namespace endpoints;
    auto exchange = read_peer_exchange(bytes);
    if (!exchange) {
        require(!exchange.error().empty());
        return;
    }
    require(exchange->rank > 0 && exchange->told.size() <= most_told);
    for (PeerTold& told : exchange->told) {
        require(!told.key.empty() && told.serial >= 0);
        if (!told.receiver.empty()) continue;
        // Of nobody that was told there is nothing to write.
        told.state.clear();
        told.level = Status::ok;
        told.serial = 0;
    }
    const auto again = read_peer_exchange(to_json(*exchange));
    require(again && *again == *exchange);
}

}  // namespace vitals::fuzz
