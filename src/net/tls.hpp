// How a check speaks TLS: the options that every kind with TLS shares.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/description.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::net {

// The detail of CheckError{tls} when the peer refuses this client because of its certificate, or
// because it has none.
inline constexpr std::string_view certificate_refused = "client certificate refused";

struct TlsOptions {
    std::string ca;           // path of a PEM bundle; empty: the system's
    std::string certificate;  // path of the client certificate, PEM
    std::string key;          // path, PEM
    std::string server_name;  // for SNI and verification; empty: the host connected to
    bool verify = true;
};

inline constexpr Field tls_fields[] = {
    field<&TlsOptions::ca>("ca",
                           "PEM file of the certificate authorities; it replaces the system's.",
                           {.example = "/etc/vitals/ca.pem"}),
    field<&TlsOptions::certificate>("certificate", "PEM file of the client certificate."),
    field<&TlsOptions::key>("key", "PEM file of the client certificate's private key."),
    field<&TlsOptions::server_name>(
        "server_name",
        "The server name for SNI and for verification; by default the host of the URL."),
    field<&TlsOptions::verify>("verify", "Whether the server's certificate is verified."),
};

// What the peer showed in the handshake.
struct PeerCertificate {
    std::string subject;
    std::string fingerprint;  // SHA-256 of its own one, in lower case hexadecimal
    // Of the verified path; or of all shown certificates when the chain was not accepted or not
    // verified. Old certificates that servers still send, although no path needs them, do not
    // count.
    System not_after_earliest{};
    std::string version;  // "TLSv1.3"
    std::string cipher;
};

}  // namespace vitals::net
