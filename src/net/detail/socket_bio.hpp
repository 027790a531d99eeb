// How OpenSSL reads and writes sockets here: as with its own socket BIO, but a closed peer raises
// no SIGPIPE in the host process. Inside net only.
#pragma once

#include <openssl/bio.h>

namespace vitals::net {

// Borrows the descriptor, which must be non-blocking and outlive the BIO. Null: out of memory.
BIO* socket_bio(int descriptor);

}  // namespace vitals::net
