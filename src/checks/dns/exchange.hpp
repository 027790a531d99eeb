// One question to name servers: by UDP, repeated because a datagram may get lost, and by TCP when
// the answer does not fit. Phases "query" and, for TCP, "connect".
#pragma once

#include <vector>

#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"
#include "wire/dns_message.hpp"

namespace vitals::checks::dns {

// What it means if no server answers. If the servers are tested, the run ends in `timeout` or
// `connect`. If they are this machine's own resolvers, vitals is blind (`local`).
enum class Servers { under_test, our_own };

// Asks one server after another (their hosts are addresses; at least one) until one gives a final
// answer. Throws CheckError: connect, protocol, local.
net::awaitable<wire::dns::Answer> ask(net::Context& context, wire::dns::Question question,
                                      std::vector<net::Endpoint> servers, Servers role);

}  // namespace vitals::checks::dns
