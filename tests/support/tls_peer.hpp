// For tests of TLS: what a Peer's handler speaks TLS with.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "certificates.hpp"
#include "check_testing.hpp"

struct ssl_st;

namespace vitals::testing {

// An authority that a check is told to trust by the file that its certificate stands in.
class Authority {
  public:
    Authority();
    Identity issue(const CertificateWish& wish = {}) const {
        return make_certificate(wish, identity_);
    }
    const Identity& identity() const { return identity_; }
    const std::string& file() const { return file_; }

  private:
    TemporaryDirectory directory_;
    Identity identity_;
    std::string file_;
};

// The server's side of a TLS connection, blocking. Does not own the descriptor.
class TlsStream {
  public:
    explicit TlsStream(ssl_st* ssl) : ssl_(ssl) {}
    bool send_all(std::string_view bytes);
    std::string read_until(std::string_view delimiter);
    std::string server_name() const;  // the name in the client's SNI

  private:
    ssl_st* ssl_;
};

using TlsHandler = std::function<void(TlsStream&)>;

// Does the handshake as `identity`, then calls the handler; where the handshake fails (the client
// does not like the certificate), it is not called.
// Of ALPN's protocols it takes that one, and refuses who offers others; empty: it knows no ALPN.
void serve_tls(int descriptor, const Identity& identity, const TlsHandler& handler,
               const std::string& protocol = {});
Peer::Handler tls(Identity identity, TlsHandler handler, std::string protocol = {});
// Reads a request's head, sends `bytes` and closes in good order.
Peer::Handler tls_answer(Identity identity, std::string bytes);

}  // namespace vitals::testing
