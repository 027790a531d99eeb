// A byte stream to a peer, whatever carries it: TCP, a unix socket, TLS on either. A check written
// against it compiles without Asio. All operations end with CheckError when the run is cancelled or
// the peer misbehaves; a connection is of no use after that. One operation at a time. It may
// outlive the run that dialled it (kept.hpp). Used on the loop's thread only; destruction closes
// without blocking.
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

    // At least one byte, or 0 when the peer closed in good order. A reset is CheckError{protocol,
    // "connection reset"}; while the class is still `connect` (before the first byte) it is the
    // caller's to say so. With TLS 1.3 the peer may refuse our certificate only here.
    virtual awaitable<std::size_t> read_some(std::span<char> buffer) = 0;
    // Waits until read_some() has something to tell, until that time at most: false when it came
    // first. The connection stays good.
    virtual awaitable<bool> readable(Steady until) = 0;
    // All of them. When the peer has closed, what it said before (that it has no room for another
    // client, say) counts: it is kept for read_some(), and only without it writing fails.
    virtual awaitable<void> write(std::string_view bytes) = 0;
    // Turns the stream into TLS. Verifies chain, time and name unless told otherwise. The phase
    // ("tls") is the caller's. Throws CheckError{tls}: "certificate expired", "certificate not yet
    // valid", "certificate not trusted", "certificate is for another name", "client certificate
    // refused" (with TLS 1.3 from the first read or write only), "does not speak TLS", "handshake
    // failed"; {local} when a file of ours cannot be used, with its path in `error`.
    virtual awaitable<void> start_tls(const TlsOptions& options, std::string host) = 0;
    // For who has nothing to say or to hear: where the peer asked for our certificate and has not
    // said yet what it makes of it (TLS 1.3), waits until it does, until that time at most.
    virtual awaitable<void> settle_tls(Steady until) = 0;
    // What the peer showed; also when start_tls() did not accept it.
    virtual std::optional<PeerCertificate> certificate() const = 0;
    virtual std::string peer() const = 0;  // the address, for `error`
    // For a connection that was kept, before using it again: it has not ended, and nothing has come
    // that nobody asked for (which would be taken for the next answer). Reads nothing.
    virtual bool quiet() const = 0;
    // The next read_some() waits until then at most, and ends with CheckError{timeout}.
    virtual void answer_by(Steady until) = 0;
};

// Resolves (phase "resolve", skipped for addresses and unix sockets) and connects (phase
// "connect"), trying each address in turn within the run's deadline. Throws CheckError: resolve
// ("name does not exist"), connect ("connection refused", "no route", ...), local ("no descriptors
// left", "resolver not reachable"). A TCP connection that turns out to be to itself is refused.
awaitable<std::unique_ptr<Connection>> dial(Context& context, Endpoint endpoint);

// Likewise for protocols that may begin with TLS: where there are options for it, with TLS on the
// connection (phase "tls"), for the endpoint's host. Throws what dial() and start_tls() throw.
awaitable<std::unique_ptr<Connection>> dial(Context& context, Endpoint endpoint,
                                            std::optional<TlsOptions> tls);

}  // namespace vitals::net
