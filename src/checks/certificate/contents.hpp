// What a file of certificates holds, whatever its format: PEM, DER or PKCS #12. Bytes in, values
// out: no I/O, and no question on a terminal. Thread-safe.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks::certificate {

template <auto free>
struct FreedBy {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;

inline constexpr std::size_t most_certificates = 100;  // in one file
// PKCS #12 says how often its password is hashed. More would keep a core busy for a second.
inline constexpr long most_iterations = 200'000;

struct Contents {
    std::vector<Certificate> certificates;  // in the file's order; of PKCS #12: its own one first
    Key key;                                // of PKCS #12, which holds one; else null
};

// No certificates: the file holds something else (a key, a text). The error is the outcome of the
// check: a file that is cut short or damaged, a wrong password.
std::expected<Contents, Outcome> contents_of(std::string_view bytes, const std::string& password);

// The private key in a PEM file.
std::expected<Key, Outcome> key_of(std::string_view bytes, const std::string& password);

System not_before(const X509& certificate);
System not_after(const X509& certificate);
std::string subject_of(const X509& certificate);      // `CN=shop.example.org`, for `error`
std::string fingerprint_of(const X509& certificate);  // SHA-256 in lower case hexadecimal

}  // namespace vitals::checks::certificate
