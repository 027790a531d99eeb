// For tests of TLS: certificates with any fault, made in the process, never kept.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace vitals::testing {

// A certificate (or a chain, leaf first) and the leaf's key, PEM.
struct Identity {
    std::string certificate;
    std::string key;
};

struct CertificateWish {
    std::string subject = "localhost";
    std::vector<std::string> names{"localhost"};
    std::vector<std::string> addresses{"127.0.0.1"};
    // Relative to now; negative is the past.
    std::chrono::seconds from = -std::chrono::hours(24);
    std::chrono::seconds until = std::chrono::hours(24 * 90);
    bool authority = false;
};

// Signed by `issuer`, or by itself. Throws std::runtime_error.
Identity make_certificate(const CertificateWish& wish);
Identity make_certificate(const CertificateWish& wish, const Identity& issuer);

}  // namespace vitals::testing
