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
    std::string master;         // by the sentinels' name for it; empty: the URL is the server's own
    std::string sentinel_user;
    Secret sentinel_password;             // not configured: the sentinels are given the master's
    std::string sentinel_tls = "as_url";  // as_url | on | off
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::redis
