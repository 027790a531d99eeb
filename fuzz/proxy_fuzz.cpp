// The PROXY header on arbitrary bytes: the result must not depend on where they are cut, and an
// accepted address is one.

#include <arpa/inet.h>

#include <array>

#include "target.hpp"
#include "wire/proxy_header.hpp"

namespace vitals::fuzz {
namespace {

bool is_address(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    return text == "unix" || ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace

void run(std::string_view bytes) {
    const auto whole = wire::parse_proxy_header(bytes);
    if (!whole) require(!whole.error().empty());
    if (whole && !*whole) require(bytes.size() < wire::longest_proxy_header);
    if (whole && *whole) {
        require((*whole)->size <= bytes.size() && (*whole)->size <= wire::longest_proxy_header);
        require(!(*whole)->source || is_address(*(*whole)->source));
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const auto part = wire::parse_proxy_header(bytes.substr(0, size));
        // No header is first refused and later complete, or the reverse.
        if (!part) {
            require(!whole);
            return;
        }
        if (!*part) continue;
        require(whole && *whole && (*part)->size == (*whole)->size);
        require((*part)->source == (*whole)->source);
        return;
    }
}

}  // namespace vitals::fuzz
