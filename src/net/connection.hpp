// A byte stream to a peer, on any transport: TCP, a unix socket, TLS on either. A check that uses
// it compiles without Asio. All operations end with CheckError when the run is cancelled or the
// peer misbehaves; after that the connection is useless. One operation at a time. It may outlive
// the run that dialled it (kept.hpp). Used on the loop's thread only; destruction closes without
// blocking.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/tls.hpp"

namespace vitals::net {

// Where to connect: host and port, or a unix socket's path.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    std::string unix_path;     // not empty: a unix socket, host and port do not count
    std::string text() const;  // "host:port", "[::1]:port", "unix:/path"; private, for `error`
};

class Connection {
  public:
    virtual ~Connection() = default;

    // At least one byte, or 0 when the peer closed normally. A reset is CheckError{protocol,
    // "connection reset"}. While the class is still `connect` (before the first byte), the caller
    // must report it. With TLS 1.3 the peer may refuse the client certificate only here.
    virtual awaitable<std::size_t> read_some(std::span<char> buffer) = 0;
    // Waits until read_some() has a result, at most until that time: false when the time comes
    // first. The connection stays usable.
    virtual awaitable<bool> readable(Steady until) = 0;
    // Writes all of them. When the peer has closed, its last words count (for example that it
    // accepts no more clients): they are kept for read_some(). Writing fails only if there are
    // none.
    virtual awaitable<void> write(std::string_view bytes) = 0;
    // Starts TLS on the stream. Verifies chain, time and name unless told otherwise. The caller
    // enters the phase ("tls"). Throws CheckError{tls}: "certificate expired", "certificate not yet
    // valid", "certificate not trusted", "certificate is for another name", "client certificate
    // refused" (with TLS 1.3 only from the first read or write), "does not speak TLS", "handshake
    // failed"; {local} when a configured file cannot be used, with its path in `error`.
    virtual awaitable<void> start_tls(const TlsOptions& options, std::string host) = 0;
    // For checks that send and read nothing. If the peer asked for a client certificate and has not
    // answered yet whether it accepts it (TLS 1.3), waits for that answer, at most until that time.
    virtual awaitable<void> settle_tls(Steady until) = 0;
    // The certificate that the peer showed; also when start_tls() did not accept it.
    virtual std::optional<PeerCertificate> certificate() const = 0;
    virtual std::string peer() const = 0;  // the address, for `error`
    // For a kept connection, before it is used again: whether it is still open and nobody has sent
    // unexpected bytes, which would be taken for the next answer. Reads nothing.
    virtual bool quiet() const = 0;
    // The next read_some() waits at most until then, and ends with CheckError{timeout}.
    virtual void answer_by(Steady until) = 0;
};

// Resolves (phase "resolve", skipped for addresses and unix sockets) and connects (phase
// "connect"). It tries each address in turn within the run's deadline. Throws CheckError: resolve
// ("name does not exist"), connect ("connection refused", "no route", ...), local ("no descriptors
// left", "resolver not reachable"). It refuses a TCP connection to itself.
awaitable<std::unique_ptr<Connection>> dial(Context& context, Endpoint endpoint);

// The same for protocols that may begin with TLS: if there are options for it, the connection has
// TLS (phase "tls"), for the endpoint's host. Throws what dial() and start_tls() throw.
awaitable<std::unique_ptr<Connection>> dial(Context& context, Endpoint endpoint,
                                            std::optional<TlsOptions> tls);

}  // namespace vitals::net
