// The certificates in a file of any format: PEM, DER or PKCS #12. Bytes in, values out: no I/O, and
// no question on a terminal. Thread-safe.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "net/openssl.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks::certificate {

using net::Certificate;
using net::FreedBy;
using net::Key;

inline constexpr std::size_t most_certificates = 100;  // in one file
// PKCS #12 says how often its password is hashed. A higher number would occupy a core for a second.
inline constexpr long most_iterations = 200'000;

struct Contents {
    std::vector<Certificate> certificates;  // in the file's order; of PKCS #12, its own one first
    Key key;                                // of PKCS #12, which holds one; else null
};

// Without certificates, the file holds something else (a key, a text). The error is the outcome of
// the check: a cut or damaged file, or a wrong password.
std::expected<Contents, Outcome> contents_of(std::string_view bytes, const std::string& password);

// The private key in a PEM file.
std::expected<Key, Outcome> key_of(std::string_view bytes, const std::string& password);

System not_before(const X509& certificate);
System not_after(const X509& certificate);
std::string subject_of(const X509& certificate);      // `CN=shop.example.org`, for `error`
std::string fingerprint_of(const X509& certificate);  // SHA-256 in lower case hexadecimal

}  // namespace vitals::checks::certificate
