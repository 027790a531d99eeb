// From an endpoint to a connected socket: shared by dial() and the HTTP client. Inside net only.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"

namespace vitals::net {

using Socket = boost::asio::generic::stream_protocol::socket;

struct Connected {
    Socket socket;        // non-blocking
    std::string address;  // "127.0.0.1:80", "[::1]:80", "unix:/path"
};

// Which side speaks first on a connection. If it is this side, the first bytes confirm the
// connection, which saves a packet; a server that speaks first would wait for that packet.
enum class FirstWord : std::uint8_t { unknown, ours };

// Enters the phases "resolve" (for names) and "connect". Throws what dial() throws.
awaitable<Connected> connect(Context& context, Endpoint endpoint,
                             FirstWord first_word = FirstWord::unknown);

// The same as a stream, on which the caller writes at once.
awaitable<std::unique_ptr<Connection>> dial_to_ask(Context& context, Endpoint endpoint);

// The same with TLS (phase "tls"). Offers a list of protocols in ALPN's own form (RFC 7301). Throws
// what dial() and start_tls() throw.
struct Secured {
    std::unique_ptr<Connection> connection;
    std::string protocol;  // the one agreed on; empty when the server does not know ALPN
};
awaitable<Secured> dial_tls(Context& context, Endpoint endpoint, TlsOptions options,
                            std::string host, std::string_view protocols);

// Whether both ends of a TCP connection are the same socket. A connection to a closed local port in
// the ephemeral range may connect to itself (simultaneous open), and then looks like a server.
bool connected_to_itself(int descriptor);

}  // namespace vitals::net
