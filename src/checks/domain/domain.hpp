// domain: asks the registry of a domain by RDAP when its registration ends, about once a day.
#pragma once

#include <chrono>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::domain {

struct Options {
    std::string name;
    text::Url server;  // empty: the one that the bootstrap file names
    text::Url bootstrap = "https://data.iana.org/rdap/dns.json";
    std::chrono::milliseconds degraded_below = std::chrono::days(30);
    std::chrono::milliseconds failed_below = std::chrono::days(7);
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::domain
