// From an endpoint to a connected socket: what dial() and the HTTP client share. Inside net only.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <string>

#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"

namespace vitals::net {

using Socket = boost::asio::generic::stream_protocol::socket;

struct Connected {
    Socket socket;        // non-blocking
    std::string address;  // "127.0.0.1:80", "[::1]:80", "unix:/path"
};

// Enters the phases "resolve" (for names) and "connect". Throws what dial() throws.
awaitable<Connected> connect(Context& context, Endpoint endpoint);

// A socket for that unix address, to be connected by somebody else. Throws CheckError{local}.
Connected unconnected_unix(Context& context, const std::string& path);

// Whether both ends of a TCP connection are the same socket. A connect to a closed local port in
// the ephemeral range may meet itself (simultaneous open) and then looks like a server.
bool connected_to_itself(int descriptor);

}  // namespace vitals::net
