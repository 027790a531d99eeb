// The proof of a SCRAM log-in, whose cost the server decides.
#pragma once

#include <memory>
#include <string>

#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::wire::scram {
class Client;
}

namespace vitals::net {

// The client's answer to the challenge, computed on a lane. Throws CheckError{protocol} for a
// challenge that is wrong or that needs more hashing than the run has time for.
awaitable<std::string> scram_proof(Context& context, std::shared_ptr<wire::scram::Client> client,
                                   std::string challenge);

}  // namespace vitals::net
