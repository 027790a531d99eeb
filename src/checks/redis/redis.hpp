// redis: logs in, writes a key that expires, reads it back and deletes it; judges the server's
// role, a replica's link, a cluster and a sentinel.
#pragma once

#include <chrono>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::redis {

struct Options {
    text::Url url;  // redis://, rediss://, unix:
    std::string user;
    Secret password;
    std::string mode = "auto";  // auto | standalone | replica | cluster | sentinel
    std::string role = "any";   // any | master | replica
    std::string master;         // its name at the sentinels; empty: the URL is that of the server
    std::string sentinel_user;
    Secret sentinel_password;             // not configured: the sentinels get that of the master
    std::string sentinel_tls = "as_url";  // as_url | on | off
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::redis
