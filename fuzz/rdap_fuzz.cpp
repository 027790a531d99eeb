// Arbitrary bytes as what a registry says of a domain, and as the list of registries.
#include "target.hpp"
#include "wire/rdap.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    if (const auto read = wire::rdap::read_domain(bytes, "example.org"))
        for (const std::string& status : read->statuses) require(status.size() <= 128);
    const auto server = wire::rdap::server_of(bytes, "example.co.uk");
    if (server && *server) require((*server)->ends_with('/') && (*server)->starts_with("http"));
}

}  // namespace vitals::fuzz
