// The names of NATS' users: a seed is base32 of two bytes of kind, an Ed25519 seed and a CRC-16;
// the user is base32 of one byte of kind, the public key and a CRC-16
// (https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth).
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace vitals::fleet {

// The user (`U...`) of a seed (`SU...`); or what is wrong with it, in words that contain nothing of
// it.
std::expected<std::string, std::string> user_of_seed(std::string_view seed);

}  // namespace vitals::fleet
