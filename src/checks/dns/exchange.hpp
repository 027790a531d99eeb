// One question to name servers: by UDP, again when a datagram may have got lost, by TCP when the
// answer does not fit. Phases "query" and, for TCP, "connect".
#pragma once

#include <vector>

#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"
#include "wire/dns_message.hpp"

namespace vitals::checks::dns {

// Who is on trial when no server answers: the servers (that ends in `timeout` or `connect`), or, if
// they are this machine's own resolvers, nobody: then vitals is blind (`local`).
enum class Servers { under_test, our_own };

// Asks one server after another (their hosts are addresses; at least one) until one gives an answer
// that settles the matter. Throws CheckError: connect, protocol, local.
net::awaitable<wire::dns::Answer> ask(net::Context& context, wire::dns::Question question,
                                      std::vector<net::Endpoint> servers, Servers role);

}  // namespace vitals::checks::dns
