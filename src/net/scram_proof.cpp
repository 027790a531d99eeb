#include "net/scram_proof.hpp"

#include <cstdint>
#include <functional>

#include "model/check_error.hpp"
#include "wire/scram_client.hpp"

namespace vitals::net {

namespace {

// How many hashes a slow core makes in a millisecond: SHA-256 at 15,000 takes some 30 ms.
constexpr std::uint64_t hashes_per_ms = 100;

}  // namespace

awaitable<std::string> scram_proof(Context& context, std::shared_ptr<wire::scram::Client> client,
                                   std::string challenge) {
    const auto taken = client->take_challenge(challenge);
    if (!taken) throw CheckError(ErrorClass::protocol, taken.error());
    const auto left = static_cast<std::uint64_t>(context.left().count());
    if (client->iterations() / hashes_per_ms > left)
        throw CheckError(ErrorClass::protocol, "needs more hashing than the run has time for");
    const std::function<std::string()> prove = [client] { return client->final_message(); };
    std::string proof = co_await context.blocking(prove);
    co_return proof;
}

}  // namespace vitals::net
