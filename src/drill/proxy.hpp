// A listener that forwards connections to a backend and applies a fault to them. The fault can be
// changed at any time: open connections are also affected, and when it is over, held connections
// continue.
//
// Everything is on the loop's thread. It works for a check of a running engine and alone.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "drill/fault.hpp"
#include "net/connection.hpp"
#include "net/loop.hpp"

namespace vitals::drill {

class Authority;

// How a client asks for TLS.
enum class TlsStart : std::uint8_t {
    never,    // the connection is forwarded as it is, TLS or not, unless the fault is a certificate
    at_once,  // TLS ends here, the connection to the backend is in the clear
    http2,    // the same, for a backend that speaks HTTP/2 (gRPC)
    postgres,  // the same, if the client asks for it first
    smtp,      // the same, by STARTTLS, which the proxy offers in addition
    mysql,     // the same, if the client asks for it instead of logging in
    nats,      // the same, after a greeting that demands it
};

struct Route {
    net::Endpoint listen;  // port 0: any free one
    net::Endpoint to;      // looked up once, by the constructor
    Behaviour behaviour;
    TlsStart tls = TlsStart::never;
    bool datagrams = false;  // instead of connections: UDP; never with TLS
};

// Why such a route is not possible; empty when it is.
std::string problem_of(const Route& route);

struct Figures {
    std::uint64_t accepted = 0;
    std::uint64_t open = 0;
    std::uint64_t longest = 0;      // longest forwarded answer, in bytes
    std::uint64_t unreachable = 0;  // accepted ones whose backend was unreachable
    std::string trouble;            // why not, the last time
};

class Proxy {
  public:
    // Throws std::runtime_error when it cannot listen there or a name has no address. The authority
    // is borrowed and outlives the loop's work.
    Proxy(net::Loop& loop, Authority& authority, Route route);
    // Closes the listener and resets open connections; their coroutines end with the loop's next
    // turns.
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    // The error says why not: problem_of() it, and nothing has changed; or the listener could not
    // be opened again, and the fault is `refuse`.
    std::expected<void, std::string> set(const Behaviour& behaviour);
    const Behaviour& behaviour() const;
    const net::Endpoint& listen() const;  // with the port that it got
    const net::Endpoint& to() const;
    Figures figures() const;

    struct State;

  private:
    std::shared_ptr<State> state_;
};

}  // namespace vitals::drill
