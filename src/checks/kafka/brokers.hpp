// The connections of one run to the brokers of a cluster. Used on the loop's thread only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "backends/kafka/session.hpp"
#include "kafka.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "verdict.hpp"

namespace vitals::checks::kafka {

using backends::kafka::Session;

class Brokers {
  public:
    Brokers(const Options& options, net::Context& context) : options_(options), context_(context) {}

    // The first bootstrap server that answers, asked in turn; failures before it make the result
    // degraded. Throws the failure of the last one, or a refused log-in at once: no other broker
    // would accept the password.
    net::awaitable<Session*> first(Verdict& verdict);
    // The broker at the address that it advertises, at most until that time. Throws the failure; a
    // broker is asked only once.
    net::awaitable<Session*> at(const wire::kafka::Broker& broker, Steady until);

  private:
    net::awaitable<void> open(net::Context& context, net::Endpoint endpoint);
    Session* known(const net::Endpoint& endpoint) const;

    const Options& options_;
    net::Context& context_;
    std::map<std::string, std::unique_ptr<Session>> sessions_;  // by address
};

// When the first of this many steps should be over, so that the others also have time.
Steady share_of(net::Context& context, std::size_t steps);

}  // namespace vitals::checks::kafka
