// The cryptography of one key exchange: this side of it, and whether the server's signature is by
// its host key. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/openssl.hpp"

namespace vitals::checks::ssh {

// X25519, for one exchange. Throws CheckError{local} if OpenSSL does not have it.
class Ephemeral {
  public:
    Ephemeral();
    const std::string& public_key() const { return public_; }
    // The shared secret; empty if the peer's key is invalid.
    std::string shared_with(std::string_view peer) const;

  private:
    net::Key key_;
    std::string public_;
};

std::string sha256(std::string_view bytes);
// The form of `ssh-keygen -lf`: SHA256:...
std::string fingerprint_of(std::string_view host_key);
// Whether a signature blob over `message` is by the key in this blob: ed25519, ECDSA on nistp256,
// or RSA with SHA-2.
bool is_signed(std::string_view host_key, std::string_view signature, std::string_view message);

}  // namespace vitals::checks::ssh
