// memcached: stores a value that expires, reads it back, deletes it.
#pragma once

#include <chrono>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::memcached {

struct Options {
    text::Url url;  // memcached://, memcacheds://, unix:
    std::string user;
    Secret password;
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::memcached
