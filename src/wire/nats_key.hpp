// The keys with which users of NATS log in: an nkey (Ed25519, in base 32), alone or with the user's
// JWT in a credentials file.
// https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth.
// Pure; the server's nonce is signed.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace vitals::wire::nats {

struct Credentials {
    std::string jwt;   // empty: the key alone
    std::string seed;  // 32 bytes, secret
};

// From a seed (`SU...`), or from a file as `nsc` writes it. The error repeats nothing of it.
std::expected<Credentials, std::string> read_credentials(std::string_view text);

// `U...`: the user's name for the server. Throws std::runtime_error if OpenSSL cannot compute it.
std::string public_key(std::string_view seed);
// The signature of the nonce, in base 64 for URLs without padding. Throws like public_key().
std::string signature(std::string_view seed, std::string_view nonce);

}  // namespace vitals::wire::nats
