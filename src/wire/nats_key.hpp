// The keys by which users of NATS log in: an nkey (Ed25519, in base 32), alone or with the user's
// JWT in a file of credentials.
// https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth.
// Pure; what is signed is the server's nonce.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace vitals::wire::nats {

struct Credentials {
    std::string jwt;   // empty: the key alone
    std::string seed;  // 32 bytes, secret
};

// Of a seed (`SU...`), or of a file as `nsc` writes it. What is wrong repeats nothing of it.
std::expected<Credentials, std::string> read_credentials(std::string_view text);

// `U...`: what the server knows the user by. Throws std::runtime_error where OpenSSL cannot.
std::string public_key(std::string_view seed);
// Of the nonce, in base 64 for URLs without padding. Throws like public_key().
std::string signature(std::string_view seed, std::string_view nonce);

}  // namespace vitals::wire::nats
