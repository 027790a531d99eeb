// tls: the handshake with a TLS port, and how long its certificates are valid. It sends nothing
// inside.
#pragma once

#include <cstdint>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::tls {

struct Options {
    text::Url url;  // tls://host:port
    net::TlsOptions tls;
    std::int64_t degraded_below = 14;  // days left
    std::int64_t failed_below = 0;
    std::string client = "accepted";
};

// The verdict on a handshake that succeeded. Pure.
Outcome judge(const Options& options, const net::PeerCertificate& certificate, System now);

extern const Kind kind;

}  // namespace vitals::checks::tls
