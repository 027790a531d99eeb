// Echo replies on arbitrary bytes: what is taken for one is written again as it came.
#include "target.hpp"
#include "wire/icmp.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    using namespace wire::icmp;
    for (const Version version : {Version::four, Version::six}) {
        const auto echo = read_reply(version, bytes);
        if (!echo) continue;
        require(echo->payload.size() + 8 == bytes.size());
        require(write_request(version, *echo).substr(6) == bytes.substr(6));
    }
}

}  // namespace vitals::fuzz
