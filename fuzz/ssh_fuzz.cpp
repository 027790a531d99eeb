// The beginning of SSH on arbitrary bytes: banners and packets taken in one piece or byte by byte
// are the same, and what is read from a packet stays within it.
#include "target.hpp"
#include "wire/ssh.hpp"

namespace vitals::fuzz {
namespace {

using namespace wire::ssh;

std::string shown(const std::string& payload) {
    if (const auto offer = read_offer(payload)) require(payload.size() >= 25);
    if (const auto reply = read_exchange_reply(payload))
        require(reply->host_key.size() + reply->ephemeral.size() + reply->signature.size() + 13 ==
                payload.size());
    return payload;
}

std::string as_it_is(const std::string& banner) {
    require(banner.starts_with("SSH-"));
    return banner;
}

}  // namespace

void run(std::string_view bytes) {
    compare_pieces<take_banner, as_it_is>(bytes, longest_greeting);
    compare_pieces<take_packet, shown>(bytes, longest_packet + 4);
    (void)strings_of(bytes);
}

}  // namespace vitals::fuzz
